"""The login with which every client comes to Kafka and to Cassandra.

On one machine `solera up` makes it in ``<home>/secrets``, which its owner alone can read. Elsewhere the settings name
it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from conf.sections import CassandraSettings, KafkaSettings
from conf.settings import Settings

OWNER = "solera"
"""The account of whoever runs the servers of one machine."""
SERVERS = ("kafka", "cassandra")
ROLES = ("ingest", "speed", "batch", "serving", "analyst")
"""Who else comes to Cassandra: ``solera_<role>`` of ``roles.cql``."""
PREFIX = "solera_"


class Login(NamedTuple):
    """An account and its password."""

    user: str
    password: str


def kafka(settings: Settings) -> Login | None:
    """The login for the brokers; None where they ask for none."""
    conf = settings.kafka
    return _named(conf) if conf.username or conf.bootstrap_servers else _own(settings, OWNER, "kafka")


def cassandra(settings: Settings) -> Login | None:
    """The login for Cassandra; None where it asks for none. On one machine a role of ``roles.cql`` is enough."""
    conf = settings.cassandra
    if conf.contact_points or conf.password.get_secret_value():
        return _named(conf)
    role = conf.username or OWNER
    return _own(settings, role, "cassandra" if role == OWNER else role.removeprefix(PREFIX))


def as_role(settings: Settings, role: str) -> Settings:
    """``settings`` with which a process of this machine comes to Cassandra as ``role`` (:data:`ROLES`).

    They stay where Cassandra is elsewhere or a password is given: that login is whoever's it is meant to be.
    """
    if settings.cassandra.contact_points or settings.cassandra.password.get_secret_value():
        return settings
    login = {"username": f"{PREFIX}{role}", "password": SecretStr("")}
    return settings.model_copy(update={"cassandra": settings.cassandra.model_copy(update=login)})


def password_file(settings: Settings, name: str) -> Path:
    """Where the password of this machine's own server (:data:`SERVERS`) or role (:data:`ROLES`) ``name`` stands."""
    return settings.home / "secrets" / name


def _named(conf: KafkaSettings | CassandraSettings) -> Login | None:
    return Login(conf.username, conf.password.get_secret_value()) if conf.username else None


def _own(settings: Settings, user: str, name: str) -> Login | None:
    try:
        return Login(user, password_file(settings, name).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def held(settings: Settings) -> Settings:
    """``settings`` that name both logins, so that they hold in another home, too."""
    found = {
        server: login for server, login in (("kafka", kafka(settings)), ("cassandra", cassandra(settings))) if login
    }
    return settings.model_copy(
        update={
            server: getattr(settings, server).model_copy(
                update={"username": login.user, "password": SecretStr(login.password)}
            )
            for server, login in found.items()
        }
    )
