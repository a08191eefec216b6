"""Whether each dependency works, looked at in the background so that the answer is always at hand."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from confluent_kafka.admin import AdminClient

from conf import Settings
from conf.refusal import Refusal
from serving_layer.reader import Reader
from store import kafka
from store.reports import read_report

EVERY_SECONDS = 2.0
CHECK_SECONDS = 2.0
"""Longest wait of one check."""
FORGET_SECONDS = 8.0
"""A check that has not come back for so long counts as failed."""

STANDS_SECONDS = 60.0
"""A speed layer in which nothing has moved for so long, though readings wait, is broken."""
log = logging.getLogger(__name__)


class Broken(Refusal):
    """A dependency that does not work; the text says how."""


@dataclass(frozen=True)
class Finding:
    """State of a dependency: ``up`` or ``down``, when it was last up (seconds ago, None: never), what is wrong."""

    name: str
    state: str
    age_s: float | None
    detail: str


class Watch:
    """Looks at every dependency every :data:`EVERY_SECONDS`, each in its own thread."""

    def __init__(self, checks: Mapping[str, Callable[[], str]]) -> None:
        self._checks = checks
        self._last_up: dict[str, float] = {}
        self._last_seen: dict[str, tuple[float, bool, str]] = {}
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        for name, check in self._checks.items():
            threading.Thread(target=self._keep_looking, args=(name, check), name=f"watch-{name}", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def findings(self) -> list[Finding]:
        """What was seen last, without waiting for anything."""
        return [self._finding(name, time.monotonic()) for name in self._checks]

    def _finding(self, name: str, now: float) -> Finding:
        seen_at, is_up, detail = self._last_seen.get(name, (now, False, "not looked at yet"))
        if now - seen_at > FORGET_SECONDS:
            is_up, detail = False, f"no answer for {now - seen_at:.0f} s"
        up_at = self._last_up.get(name)
        return Finding(name, "up" if is_up else "down", None if up_at is None else round(now - up_at, 1), detail)

    def _keep_looking(self, name: str, check: Callable[[], str]) -> None:
        while not self._stop.is_set():
            try:
                detail, is_up = check(), True
            except Exception as error:
                detail, is_up = str(error) or type(error).__name__, False
            now = time.monotonic()
            was_up = self._last_seen.get(name, (now, is_up, ""))[1]
            if was_up != is_up:
                log.warning("%s is %s: %s", name, "up" if is_up else "down", detail)
            self._last_seen[name] = (now, is_up, detail)
            if is_up:
                self._last_up[name] = now
            self._stop.wait(EVERY_SECONDS)


def checks(settings: Settings, reader: Reader) -> dict[str, Callable[[], str]]:
    """A check for each dependency: returns a remark, raises where it does not work."""
    run = settings.home / "run"
    known: dict[str, Callable[[], str]] = {
        "kafka": _kafka(settings),
        "cassandra": lambda: _cassandra(reader),
        "hdfs": lambda: _hdfs(settings),
        "speed": lambda: _speed(run / "speed.json"),
        "gateway": lambda: _gateway(run / "gateway.json"),
        "thrift": lambda: _thrift(settings),
    }
    return {name: known[name] for name in settings.api.watch}


def _kafka(settings: Settings) -> Callable[[], str]:
    quiet = logging.getLogger("serving_layer.kafka")
    quiet.setLevel(logging.CRITICAL)
    client = AdminClient(kafka.confluent(settings), logger=quiet)

    def check() -> str:
        try:
            brokers = client.list_topics(timeout=CHECK_SECONDS).brokers
        except Exception:
            raise Broken(f"no broker answers at {settings.kafka_servers}") from None
        return f"{len(brokers)} broker(s)"

    return check


def _cassandra(reader: Reader) -> str:
    (row,) = reader.rows("SELECT release_version FROM system.local")
    return f"version {row.release_version}"


def _hdfs(settings: Settings) -> str:
    url = f"http://{settings.hdfs.host}:{settings.hdfs.http_port}/jmx"
    query = {"qry": "Hadoop:service=NameNode,name=FSNamesystemState"}
    try:
        (state,) = requests.get(url, query, timeout=CHECK_SECONDS).json()["beans"]
    except (requests.RequestException, ValueError, KeyError):
        raise Broken(f"the NameNode does not answer at {settings.hdfs.host}:{settings.hdfs.http_port}") from None
    if state["NumLiveDataNodes"] == 0:
        raise Broken("no DataNode is alive")
    if state["FSState"] != "Operational":
        raise Broken(f"the NameNode is in state {state['FSState']}")
    return f"{state['NumLiveDataNodes']} DataNode(s)"


def _thrift(settings: Settings) -> str:
    try:
        socket.create_connection((settings.thrift.host, settings.thrift.port), CHECK_SECONDS).close()
    except OSError:
        raise Broken(f"nothing listens at {settings.thrift.host}:{settings.thrift.port}") from None
    return f"listens at port {settings.thrift.port}"


def _speed(path: Path) -> str:
    report = read_report(path, "the speed layer")
    behind = sum(report.get("kafka_lag", {}).values())
    if report.get("stands_s", 0.0) > STANDS_SECONDS:
        raise Broken(f"no batch has moved for {report['stands_s']:.0f} s while {behind} readings wait")
    return f"{behind} readings behind" if behind else "up to date"


def _gateway(path: Path) -> str:
    report = read_report(path, "the gateway")
    wrong = [str(report[name]) for name in ("kafka_error", "outbox_error", "catalogue_error") if report.get(name)]
    if wrong:
        raise Broken(f"{'; '.join(wrong)}; {report.get('kept', 0)} readings kept on disk")
    devices = report.get("devices", {}).values()
    counts = {
        "silent": sum(1 for its in devices if its.get("error")),
        "with a fault": sum(1 for its in devices if its.get("fault") and not its.get("error")),
    }
    said = "".join(f", {count} {what} (named in run/gateway.json)" for what, count in counts.items() if count)
    return f"{len(devices)} device(s){said}"
