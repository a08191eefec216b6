"""Servers that tests have filled are emptied for the next: seconds, where a start costs most of a minute."""

from __future__ import annotations

import getpass
import shutil

from kafka.admin import KafkaAdminClient

from conf import Settings
from energy.topics import QUARANTINE, TOPICS
from stack.process import Place, ours
from stack.servers.kafka import make_topics
from stack.services import SERVERS
from store import cassandra
from store.hadoop import namenode
from store.kafka import kafka_python

STATES = ("wanted.json", "status.json")
KEPT = ("conf", "data", "logs", "run", "secrets", "spark", "token")


def serves_alone(settings: Settings) -> bool:
    """Whether nothing but the servers runs: a job would go on from where it was."""
    return {name for name, _ in ours(Place(settings.home))} == {*SERVERS, "watch"}


def empty(settings: Settings) -> None:
    """Leave no message, row, file or note; passwords and the home's servers stay."""
    _topics(settings)
    _tables(settings)
    _files(settings)
    _home(settings)


def _topics(settings: Settings) -> None:
    admin = KafkaAdminClient(**kafka_python(settings))
    admin.delete_topics([*TOPICS, QUARANTINE])
    admin.close()
    make_topics(settings)


def _tables(settings: Settings) -> None:
    with cassandra.session(settings) as session:
        tables = session.cluster.metadata.keyspaces[session.keyspace].tables
        # Those without a row, too: what was deleted there could hide what a later test writes with an older time.
        for table in set(tables) - {"schema_version"}:
            session.execute(f"TRUNCATE {table}", timeout=60)


def _files(settings: Settings) -> None:
    address = f"{namenode.pages(settings)}/webhdfs/v1"
    with namenode.asker(settings) as session:
        # NameNode takes nothing from a browser, which could not say this of itself.
        session.headers["X-XSRF-HEADER"] = ""
        session.params = {"user.name": getpass.getuser()}
        listed = session.get(f"{address}/?op=LISTSTATUS", timeout=30).json()
        for each in listed["FileStatuses"]["FileStatus"]:
            url = f"{address}/{each['pathSuffix']}?op=DELETE&recursive=true"
            assert session.delete(url, timeout=30).json() == {"boolean": True}


def _home(settings: Settings) -> None:
    for path in settings.home.iterdir():
        if path.is_dir() and path.name not in KEPT:
            shutil.rmtree(path)
        elif path.name not in KEPT:
            path.unlink()
    for note in settings.home.glob("run/*.json"):
        if note.name not in STATES:
            note.unlink()
