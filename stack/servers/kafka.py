"""The Kafka broker of one machine and its topics."""

from __future__ import annotations

import base64
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from kafka.admin import KafkaAdminClient, NewTopic

from conf import logins
from conf.logins import PREFIX, ROLES, password_file
from conf.settings import Settings
from energy.topics import QUARANTINE, TOPICS
from serving_layer.access.token import read_or_make
from stack.downloads import java
from stack.process import Service
from stack.servers.rights import grant
from store.kafka import kafka_python

HEAP_MB = 384
_BROKER = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", *java.QUICK)


def service(settings: Settings) -> Service:
    """The broker; ready when every topic is there, its metadata known, and the rights are given."""
    conf = settings.kafka
    directory = settings.home / "conf" / "kafka"
    return Service(
        name="kafka",
        command=_command(settings, "kafka.Kafka", str(directory / "kafka.properties"), options=_BROKER),
        prepare=lambda: _prepare(settings, directory),
        ready=lambda: _ready(settings),
        ports={"kafka.port": conf.port, "kafka.controller_port": conf.controller_port},
    )


def _ready(settings: Settings) -> None:
    make_topics(settings)
    grant(settings)


def _command(settings: Settings, main: str, *arguments: str, options: Sequence[str]) -> tuple[str, ...]:
    log4j = settings.home / "conf" / "kafka" / "log4j2.properties"
    options = (f"-Dlog4j2.configurationFile={log4j.as_uri()}", *options)
    return java.command(settings, "kafka", main, *arguments, heap_mb=HEAP_MB, options=options)


def _prepare(settings: Settings, directory: Path) -> None:
    properties = configure(settings, directory)
    if not (_data(settings) / "meta.properties").is_file():
        format_data(settings, properties, base64.b64encode(uuid.uuid4().bytes, altchars=b"AB").decode().rstrip("="))


def configure(settings: Settings, directory: Path) -> Path:
    """Write the broker's files into ``directory``; the path of its properties."""
    conf = logins.held(settings).kafka
    users = " ".join(f'user_{PREFIX}{role}="{read_or_make(password_file(settings, role))}"' for role in ROLES)
    values = conf.model_dump() | {"data": _data(settings), "users": users}
    java.render("log4j2.properties", {}, directory)
    return java.render("kafka.properties", values, directory)


def format_data(settings: Settings, properties: Path, cluster_id: str) -> None:
    """Format the folder of a new broker's data for the cluster of that id."""
    tool = _command(
        settings, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties), options=java.QUICK
    )
    subprocess.run(tool, check=True, capture_output=True, text=True)  # noqa: S603


def _data(settings: Settings) -> Path:
    return settings.home / "data" / "kafka"


def make_topics(settings: Settings) -> None:
    """Make the topics that are not there and wait until the broker knows all of them.

    A query that starts before a topic's metadata is known dies of it.
    """
    conf = settings.kafka
    admin = KafkaAdminClient(**kafka_python(settings), request_timeout_ms=10_000, bootstrap_timeout_ms=5_000)
    try:
        there = set(admin.list_topics())
        configs = {
            # The arrival at the broker is the one clock that every message has.
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(conf.max_message_bytes),
            # The broker opens what is compressed and weighs it: 300 MB of blanks would pass as 9 KB.
            "compression.type": "uncompressed",
            "retention.ms": str(conf.retention_hours * 3_600_000),
        }
        missing = [
            NewTopic(name, conf.partitions, conf.replication, topic_configs=configs)
            for name in (*TOPICS, QUARANTINE)
            if name not in there
        ]
        if missing:
            admin.create_topics(missing)
        admin.wait_for_topics([*TOPICS, QUARANTINE])
    finally:
        admin.close()
