"""The administrator of Cassandra: made by the account of a new server, which is closed then."""

from __future__ import annotations

from pydantic import SecretStr

from conf import Settings
from store import cassandra
from store.cassandra import CassandraAway

FIRST_ACCOUNT = "cassandra"
"""Name and password that Cassandra gives its only account at the first start."""


def have_administrator(settings: Settings) -> None:
    """Make the user of the settings an administrator where it can't log in yet. Raises :class:`CassandraAway`."""
    name, password = settings.cassandra.username, settings.cassandra.password.get_secret_value()
    try:
        with cassandra.session(settings, keyspace=None):
            pass
    except CassandraAway:
        with cassandra.session(as_user(settings, FIRST_ACCOUNT, FIRST_ACCOUNT), keyspace=None) as session:
            rights = f"SUPERUSER = true AND LOGIN = true AND PASSWORD = {literal(password)}"
            session.execute(f"CREATE ROLE {name} WITH {rights}")
    with cassandra.session(settings, keyspace=None) as session:
        session.execute(f"ALTER ROLE IF EXISTS {FIRST_ACCOUNT} WITH SUPERUSER = false AND LOGIN = false")


def as_user(settings: Settings, user: str, password: str) -> Settings:
    """``settings`` with which ``user`` logs in."""
    login = {"username": user, "password": SecretStr(password)}
    return settings.model_copy(update={"cassandra": settings.cassandra.model_copy(update=login)})


def literal(text: str) -> str:
    """``text`` as a string of CQL."""
    return "'" + text.replace("'", "''") + "'"
