"""Checks of each dependency: whether it works, and what it measures."""

from __future__ import annotations

import logging
import shutil
import socket
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import requests
from confluent_kafka.admin import AdminClient

from conf import Settings
from conf.tariffs import tariffs
from conf.tariffs.coverage import ends
from energy.calendar import MADRID
from serving_layer.gateway_check import check as gateway
from serving_layer.health import Broken, Check, Remark
from serving_layer.reader import Reader
from serving_layer.views.merged import seen
from serving_layer.webhooks.backlog import folder
from serving_layer.webhooks.check import check as webhooks
from store import kafka
from store.hadoop import namenode
from store.history.sources import sources
from store.instants import instant_of, rfc3339
from store.reports import failed_night, read_report
from store.runs import Run

CHECK_SECONDS = 2.0
"""Longest wait of one check."""
STANDS_SECONDS = 60.0
"""A speed layer in which nothing has moved for so long, though readings wait, is broken."""
OLDEST_NIGHT = timedelta(hours=30)
"""A published night whose cut is older has failed at least once: the next one is published a day later."""
TOOK, ERRS, NAIVE = "_seconds", "_mae_wh", "_mae_yesterday_wh"
"""Ends of the keys of a run's counts and skill that become metrics."""
LEAST_BYTES, LEAST_SHARE = 2_000_000_000, 0.05
"""Less room on the disk than the lesser of both is said before the first server ends for want of it."""


def checks(settings: Settings, reader: Reader) -> dict[str, Check]:
    """A check for each dependency that the settings name."""
    run = settings.home / "run"
    begun = datetime.now(timezone.utc)
    known: dict[str, Check] = {
        "kafka": _kafka(settings),
        "cassandra": lambda: _cassandra(reader),
        "hdfs": lambda: _hdfs(settings),
        "speed": lambda: _speed(run / "speed.json"),
        "gateway": lambda: gateway(run / "gateway.json"),
        "push": lambda: _push(run / "push.json"),
        "thrift": lambda: _thrift(settings),
        "night": lambda: _night(reader, run, begun, datetime.now(timezone.utc)),
        "sources": lambda: _sources(settings.home, datetime.now(timezone.utc)),
        "webhooks": lambda: webhooks(folder(settings)),
        "disk": lambda: _disk(settings.home),
        "tariffs": lambda: _tariffs(datetime.now(MADRID).date()),
    }
    return {name: known[name] for name in settings.api.watch}


def _kafka(settings: Settings) -> Check:
    quiet = logging.getLogger("serving_layer.kafka")
    quiet.setLevel(logging.CRITICAL)
    client = AdminClient(kafka.confluent(settings), logger=quiet)

    def check() -> Remark:
        try:
            brokers = client.list_topics(timeout=CHECK_SECONDS).brokers
        except Exception:
            raise Broken(f"no broker answers at {settings.kafka_servers}") from None
        return Remark(f"{len(brokers)} broker(s)")

    return check


def _cassandra(reader: Reader) -> Remark:
    (row,) = reader.rows("SELECT release_version FROM system.local")
    return Remark(f"version {row.release_version}")


def _hdfs(settings: Settings) -> Remark:
    try:
        state = namenode.state(settings, CHECK_SECONDS)
    except (requests.RequestException, OSError, ValueError, KeyError):
        raise Broken(f"the NameNode does not answer at {settings.hdfs.host}:{settings.hdfs.http_port}") from None
    if state["NumLiveDataNodes"] == 0:
        raise Broken("no DataNode is alive")
    if state["FSState"] != "Operational":
        raise Broken(f"the NameNode is in state {state['FSState']}")
    return Remark(f"{state['NumLiveDataNodes']} DataNode(s)")


def _thrift(settings: Settings) -> Remark:
    try:
        socket.create_connection((settings.thrift.host, settings.thrift.port), CHECK_SECONDS).close()
    except OSError:
        raise Broken(f"nothing listens at {settings.thrift.host}:{settings.thrift.port}") from None
    return Remark(f"listens at port {settings.thrift.port}")


def _speed(path: Path) -> Remark:
    report = read_report(path, "the speed layer")
    behind = sum(report.get("kafka_lag", {}).values())
    dropped = report.get("dropped", 0)
    measured = {
        "kafka_lag_messages": behind,
        "kafka_dropped_messages": dropped,
        "quarantined_messages": report.get("quarantined", 0),
    }
    for query in ("readings", "energy"):
        if at := report.get(query, {}).get("at"):
            measured[f"speed_age_seconds:{query}"] = (datetime.now(timezone.utc) - instant_of(at)).total_seconds()
    if report.get("stands_s", 0.0) > STANDS_SECONDS:
        raise Broken(f"no batch has moved for {report['stands_s']:.0f} s while {behind} readings wait", measured)
    said = f"; Kafka dropped {dropped} readings before they were read" if dropped else ""
    return Remark((f"{behind} readings behind" if behind else "up to date") + said, measured)


def _push(path: Path) -> Remark:
    """The state of the push server; a stack need not have one."""
    if not path.exists():
        return Remark("does not run here")
    report = read_report(path, "the push server")
    if wrong := [str(report[name]) for name in ("kafka_error", "outbox_error", "mqtt_error") if report.get(name)]:
        raise Broken(f"{'; '.join(wrong)}; {report['kept']} readings kept on disk")
    return Remark(f"{report['accepted']} readings taken, {report['kept']} of them to be sent")


def _night(reader: Reader, run: Path, begun: datetime, now: datetime) -> Remark:
    """The newest published cut. A platform that has none yet is given until its first night is overdue."""
    published = seen(reader)
    cut = published.cut
    age = now - (cut or begun)
    measured = {} if cut is None else {"night_age_seconds": age.total_seconds()}
    if published.runs:
        measured |= _of_run(published.runs[0])
    if failed := failed_night(run):
        measured["night_failed_seconds"] = (now - failed).total_seconds()
    if age <= OLDEST_NIGHT:
        return Remark("no night is published yet" if cut is None else f"published up to {rfc3339(cut)}", measured)
    newest = "no night was ever published" if cut is None else f"the newest night is published up to {rfc3339(cut)}"
    raise Broken(f"{newest}, and the next one is overdue: see logs/nightly.log, or run `solera nightly`", measured)


def _of_run(newest: Run) -> dict[str, float]:
    """Seconds of each step of a night, and the errors of its forecasts."""
    named: dict[str, dict[str, float]] = {
        "night_step_seconds": {k.removesuffix(TOOK): v for k, v in newest.counts.items() if k.endswith(TOOK)},
        "forecast_error_wh": {k.removesuffix(ERRS): v for k, v in newest.skill.items() if k.endswith(ERRS)},
        "forecast_naive_error_wh": {k.removesuffix(NAIVE): v for k, v in newest.skill.items() if k.endswith(NAIVE)},
    }
    return {f"{name}:{of}": value for name, values in named.items() for of, value in values.items()}


def _sources(home: Path, now: datetime) -> Remark:
    """The last answer of each source. One that is away breaks nothing: it is asked again, and the night goes on."""
    said = [
        f"{each.source} {'never answered' if each.answered is None else f'answered {_ago(now - each.answered)} ago'}"
        + (f", {each.open} questions open" if each.open else "")
        + (f", {each.given_up} given up" if each.given_up else "")
        for each in sources(home)
    ]
    return Remark("; ".join(said) or "none was asked here")


def _ago(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    return f"{hours:.0f} h" if hours >= 2 else f"{60 * hours:.0f} min"


def _tariffs(today: date) -> Remark:
    """The day until which bills have their rules. Beyond it they are refused, which breaks nothing else."""
    for day, rules in ends(tariffs(), today).items():
        said = f"{len(rules)} rules of bills have no row from {day} on: `solera tariffs check` names them"
        return Remark(said, {"tariff_days": (day - today).days})
    return Remark("no rule of bills ends")


def _disk(home: Path) -> Remark:
    disk = shutil.disk_usage(home)
    measured = {"disk_free_bytes": disk.free}
    if disk.free < min(LEAST_BYTES, LEAST_SHARE * disk.total):
        raise Broken(f"{disk.free // 1_000_000} MB are left on the disk of {home}: make room", measured)
    return Remark(f"{disk.free / 1e9:.1f} GB are left", measured)
