"""Connections to the views: a cassandra-driver session with the keyspace set, and the schema."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy

from conf import logins
from conf.refusal import Refusal
from conf.sections import CassandraSettings
from conf.settings import Settings

# A session keeps the keyspace it began with: the server's warning that it may change is no news to anyone.
logging.getLogger("cassandra.protocol").setLevel(logging.ERROR)


class CassandraAway(Refusal, ConnectionError):
    """No node of Cassandra answers; the text says where it was sought."""


def connect(settings: Settings, keyspace: str | None = "", **cluster_options: Any) -> Session:
    """A session on ``keyspace`` ("" = the configured one, None = none); close it with ``session.cluster.shutdown()``.

    Raises :class:`CassandraAway` where no node answers.
    """
    conf = settings.cassandra
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(local_dc=conf.datacenter)),
        consistency_level=ConsistencyLevel.name_to_value[conf.consistency],
        request_timeout=20,
    )
    options: dict[str, Any] = {
        "execution_profiles": {EXEC_PROFILE_DEFAULT: profile},
        "connect_timeout": 10,
        # Of the driver's first questions, on the node's tables; its own 2 s are too few for a busy machine.
        "control_connection_timeout": 10,
        # The driver's own policy waits ever longer, up to ten minutes, for a node that is back in one.
        "reconnection_policy": ConstantReconnectionPolicy(1.0, max_attempts=None),
    }
    if login := logins.cassandra(settings):
        options["auth_provider"] = PlainTextAuthProvider(*login)
    cluster = Cluster(conf.hosts, port=conf.port, protocol_version=5, **(options | cluster_options))
    try:
        return cluster.connect(conf.keyspace if keyspace == "" else keyspace)
    except Exception as error:
        places = {host.datacenter for host in cluster.metadata.all_hosts() if host.datacenter}
        cluster.shutdown()
        raise CassandraAway(_why(conf, places, error)) from error


@contextmanager
def session(settings: Settings, keyspace: str | None = "") -> Iterator[Session]:
    """A session that closes behind itself; ``keyspace`` as for :func:`connect`. Raises :class:`CassandraAway`."""
    opened = connect(settings, keyspace)
    try:
        yield opened
    finally:
        opened.cluster.shutdown()


def _why(conf: CassandraSettings, places: set[str], error: Exception) -> str:
    """The reason why there was no session with nodes that say that they are in the datacenters ``places``."""
    where = f"{', '.join(conf.hosts)} port {conf.port}"
    if places and conf.datacenter not in places:
        return (
            f"Cassandra at {where} has no node in the datacenter {conf.datacenter}, "
            f"but in {', '.join(sorted(places))}: set [cassandra] datacenter."
        )
    todo = "see that it runs there" if conf.contact_points else "run `solera up`, or look into logs/cassandra.log"
    return f"Cassandra does not answer at {where}: {todo} ({_brief(error)})."


def _brief(error: Exception) -> str:
    """The part of a driver's error that is about its first host."""
    return str(error).splitlines()[0][:200]
