"""Attempts to come in by a password: what REST, the page, SQL, Cassandra and Kafka answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial

import requests
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pyhive import hive
from thrift.transport.TTransport import TTransportException

from conf import Settings, logins

Attempt = Callable[[Settings, str], bool]


def each_in(attempt: Attempt, settings: Settings, passwords: Sequence[str]) -> dict[str, bool]:
    """Which of ``passwords`` opens the door of ``attempt``; they are tried at once."""
    with ThreadPoolExecutor(len(passwords)) as pool:
        return dict(zip(passwords, pool.map(partial(attempt, settings), passwords), strict=True))


def rest(settings: Settings, token: str) -> bool:
    """Whether REST answers whoever shows ``token``."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{settings.api.port}/v1/installations"
    status = requests.get(url, headers=headers, timeout=30).status_code
    assert status in (200, 401)
    return status == 200


def push(settings: Settings, token: str) -> bool:
    """Whether a reading is taken of whoever shows ``token``."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    now = datetime.now(timezone.utc).isoformat()
    reading = {"installation_id": "finca", "device_id": "m", "device_kind": "meter", "time": now}
    url = f"http://127.0.0.1:{settings.push.port}/v1/readings"
    status = requests.post(url, json=[reading], headers=headers, timeout=30).status_code
    assert status in (202, 401)
    return status == 202


def page(settings: Settings, token: str) -> bool:
    """Whether the page opens for whoever shows ``token``."""
    url = f"http://127.0.0.1:{settings.api.port}/login"
    with requests.Session() as browser:
        browser.get(url, params={"token": token}, timeout=30)
        shown = browser.get(url.replace("/login", "/"), timeout=30)
    return 'type="password"' not in shown.text


def cassandra_in(settings: Settings, password: str) -> bool:
    """Whether the node lets an analyst with ``password`` in."""
    login = PlainTextAuthProvider(f"{logins.PREFIX}analyst", password) if password else None
    cluster = Cluster(["127.0.0.1"], port=settings.cassandra.port, auth_provider=login, protocol_version=5)
    try:
        return cluster.connect(settings.cassandra.keyspace).execute("SELECT * FROM installation") is not None
    except NoHostAvailable as error:
        if not re.search(r"[Aa]uthenticat|credentials|not permitted to log in", str(error)):
            raise
        return False
    finally:
        cluster.shutdown()


def kafka_in(settings: Settings, password: str) -> bool:
    """Whether the broker lists its topics to an analyst with ``password``."""
    return kafka_lists(settings.kafka.port, f"{logins.PREFIX}analyst", password)


def controller_in(settings: Settings, password: str) -> bool:
    """Whether the controller answers; no service but the broker itself has a login there."""
    return kafka_lists(settings.kafka.controller_port, f"{logins.PREFIX}analyst", password)


def kafka_lists(port: int, user: str, password: str) -> bool:
    options: dict[str, str | int | float | bool] = {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0}
    if password:
        options |= {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
        options |= {"sasl.username": user, "sasl.password": password}
    try:
        return "readings" in AdminClient(options).list_topics(timeout=8).topics
    except KafkaException:
        return False


def sql(settings: Settings, token: str) -> bool:
    """Whether the SQL server answers whoever shows ``token``."""
    place = ("127.0.0.1", settings.thrift.port)
    try:
        with hive.connect(*place, username="nobody", password=token, auth="CUSTOM") as connection:
            connection.cursor().execute("DESCRIBE solera.energy")
    except TTransportException as error:
        if "token" not in str(error):
            raise
        return False
    return True
