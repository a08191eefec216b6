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


class Login(NamedTuple):
    """An account and its password."""

    user: str
    password: str


def kafka(settings: Settings) -> Login | None:
    """The login for the brokers; None where they ask for none."""
    conf = settings.kafka
    return _named(conf) or (None if conf.bootstrap_servers else _own(settings, "kafka"))


def cassandra(settings: Settings) -> Login | None:
    """The login for Cassandra; None where it asks for none."""
    conf = settings.cassandra
    return _named(conf) or (None if conf.contact_points else _own(settings, "cassandra"))


def password_file(settings: Settings, server: str) -> Path:
    """Where the password of this machine's own ``server`` stands."""
    return settings.home / "secrets" / server


def _named(conf: KafkaSettings | CassandraSettings) -> Login | None:
    return Login(conf.username, conf.password.get_secret_value()) if conf.username else None


def _own(settings: Settings, server: str) -> Login | None:
    try:
        return Login(OWNER, password_file(settings, server).read_text(encoding="utf-8").strip())
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
