"""Every service of one machine, in the order a person reads the way of a datum."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from dataclasses import replace

import requests
from pydantic import BaseModel, SecretStr

from conf import kerberos
from conf.logins import as_role
from conf.settings import Settings
from stack.downloads import java
from stack.process import Service
from stack.servers import cassandra, hdfs, kafka, thrift
from store.reports import read_report

SERVERS = ("kafka", "cassandra", "kdc", "namenode", "datanode")
JOBS = ("speed", "gateway", "push", "thrift", "api")
OPTIONAL = ("simulator",)
"""Runs only when named: it stands in for devices that a real installation has."""


def services(settings: Settings) -> dict[str, Service]:
    """Every service by name; servers that the settings place elsewhere are left out."""
    servers = _servers(settings)
    jobs = _jobs(settings, needs=tuple(service.name for service in servers))
    return {service.name: service for service in (*servers, *jobs)}


def _servers(settings: Settings) -> list[Service]:
    found: list[Service] = []
    if not settings.kafka.bootstrap_servers:
        found.append(kafka.service(settings))
    if not settings.cassandra.contact_points:
        found.append(cassandra.service(settings))
    if kerberos.is_asked(settings):
        found.append(_kdc(settings))
    if not settings.hdfs.uri:
        found += [hdfs.namenode(settings), hdfs.datanode(settings)]
    return found


def _kdc(settings: Settings) -> Service:
    """The service that gives the tickets for HDFS."""
    conf = settings.hdfs
    kdc = _python(settings, "kdc", "stack.kerberos.server", lambda: _listens(conf.host, conf.kdc_port))
    return replace(kdc, ports={"hdfs.kdc_port": conf.kdc_port})


def _jobs(settings: Settings, needs: tuple[str, ...]) -> list[Service]:
    api, serving = settings.api, as_role(settings, "serving")
    speed = _python(as_role(settings, "speed"), "speed", "speed_layer.job", lambda: _reports(settings, "speed"))
    sql = _python(serving, "thrift", "serving_layer.sql.server", lambda: thrift.ask(serving))
    # Spark starts and makes its views.
    sql = replace(sql, needs=("cassandra",), ports={"thrift.port": settings.thrift.port}, patience=300)
    answers = _python(serving, "api", "serving_layer.app", lambda: _healthy(settings))
    answers = replace(answers, needs=needs, ports={"api.port": api.port}, is_hardy=True)
    return [*_sources(settings, needs), replace(speed, needs=needs), sql, answers]


def _sources(settings: Settings, needs: tuple[str, ...]) -> list[Service]:
    """Services that bring readings."""
    simulator, push, ingest = settings.simulator, settings.push, as_role(settings, "ingest")
    devices = _python(settings, "simulator", "ingest.simulator", lambda: _listens(simulator.host, simulator.port))
    gateway = _python(ingest, "gateway", "ingest.gateway", lambda: _reports(settings, "gateway"))
    pushed = _python(ingest, "push", "ingest.push", lambda: _reports(settings, "push"))
    return [
        replace(devices, ports={"simulator.port": simulator.port}),
        replace(gateway, needs=needs, is_hardy=True),
        replace(pushed, ports={"push.port": push.port}, is_hardy=True),
    ]


def _python(settings: Settings, name: str, module: str, ready: Callable[[], None]) -> Service:
    return Service(
        name=name,
        command=(sys.executable, "-m", module),
        # A report of the last life must not speak for this one.
        prepare=lambda: (settings.home / "run" / f"{name}.json").unlink(missing_ok=True),
        ready=ready,
        environment=environment(settings)
        | {"JAVA_HOME": str(java.home(settings)), "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONUNBUFFERED": "1"},
    )


def _reports(settings: Settings, name: str) -> None:
    """A job without a port keeps ``run/<name>.json`` fresh while it works."""
    read_report(settings.home / "run" / f"{name}.json", name)


def _listens(host: str, port: int) -> None:
    socket.create_connection((host, port), timeout=5).close()


def _healthy(settings: Settings) -> None:
    requests.get(f"http://{settings.api.host}:{settings.api.port}/healthz", timeout=5)


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child reads the same settings, whatever directory it runs in."""
    found = {"SOLERA_CONF": ""}
    for name, value in settings.model_dump(mode="json").items():
        part = getattr(settings, name)
        if isinstance(part, BaseModel):
            for key, each in value.items():
                plain = each - settings.port_offset if key == "port" or key.endswith("_port") else each
                if isinstance(secret := getattr(part, key), SecretStr):
                    # Dumped, a secret is a row of stars, which a child would take for it.
                    plain = secret.get_secret_value()
                found[f"SOLERA_{name}__{key}".upper()] = _text(plain)
        else:
            found[f"SOLERA_{name}".upper()] = _text(value)
    return found


def batch_environment(settings: Settings) -> dict[str, str]:
    """The environment in which a process speaks to Kafka and Cassandra as the batch layer."""
    environment = {"SOLERA_HOME": str(settings.home)}
    role = as_role(settings, "batch")
    for server, login in (("KAFKA", role.kafka), ("CASSANDRA", role.cassandra)):
        environment[f"SOLERA_{server}__USERNAME"] = login.username
        environment[f"SOLERA_{server}__PASSWORD"] = login.password.get_secret_value()
    return environment


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
