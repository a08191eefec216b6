"""The login with which every client comes to Kafka and to Cassandra.

On one machine `solera up` makes it in ``<home>/secrets``, which its owner alone can read. Elsewhere the settings name
it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from conf import kerberos
from conf.sections import CassandraSettings, KafkaSettings
from conf.settings import Settings

OWNER = "solera"
"""The account of whoever runs the servers of one machine."""
SERVERS = ("kafka", "cassandra")
ROLES = ("ingest", "speed", "batch", "serving", "analyst")
"""Roles besides the owner: ``solera_<role>``, with the rights of ``roles.cql`` and of ``stack/servers/rights.py``."""
PREFIX = "solera_"


class Login(NamedTuple):
    """An account and its password."""

    user: str
    password: str


def kafka(settings: Settings) -> Login | None:
    """The login for the brokers; None where they ask for none. On one machine a role's name is enough."""
    conf = settings.kafka
    return _named(conf) if conf.bootstrap_servers else _named_or_own(settings, conf, "kafka")


def cassandra(settings: Settings) -> Login | None:
    """The login for Cassandra; None where it asks for none. On one machine a role of ``roles.cql`` is enough."""
    conf = settings.cassandra
    return _named(conf) if conf.contact_points else _named_or_own(settings, conf, "cassandra")


def as_role(settings: Settings, role: str) -> Settings:
    """``settings`` with which a process of this machine comes to Kafka and Cassandra as ``role`` (:data:`ROLES`).

    A login stays where the server is elsewhere or a password is given: it is whoever's it is meant to be.
    """
    brokers, nodes = settings.kafka, settings.cassandra
    login = {"username": f"{PREFIX}{role}"}
    if not (brokers.bootstrap_servers or brokers.password.get_secret_value()):
        brokers = brokers.model_copy(update=login)
    if not (nodes.contact_points or nodes.password.get_secret_value()):
        nodes = nodes.model_copy(update=login)
    return settings.model_copy(update={"kafka": brokers, "cassandra": nodes})


def password_file(settings: Settings, name: str) -> Path:
    """The file of the password of this machine's own server (:data:`SERVERS`) or role (:data:`ROLES`) ``name``."""
    return settings.home / "secrets" / name


def _named(conf: KafkaSettings | CassandraSettings) -> Login | None:
    return Login(conf.username, conf.password.get_secret_value()) if conf.username else None


def _named_or_own(settings: Settings, conf: KafkaSettings | CassandraSettings, server: str) -> Login | None:
    if conf.password.get_secret_value():
        return _named(conf)
    user = conf.username or OWNER
    path = password_file(settings, server if user == OWNER else user.removeprefix(PREFIX))
    try:
        return Login(user, path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def held(settings: Settings) -> Settings:
    """``settings`` that name the logins and where that of HDFS stands, so that they hold in another home, too."""
    found = {
        server: login for server, login in (("kafka", kafka(settings)), ("cassandra", cassandra(settings))) if login
    }
    named = {
        server: getattr(settings, server).model_copy(
            update={"username": login.user, "password": SecretStr(login.password)}
        )
        for server, login in found.items()
    }
    named["hdfs"] = settings.hdfs.model_copy(update={"secrets": str(kerberos.secrets(settings))})
    return settings.model_copy(update=named)
