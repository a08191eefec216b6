"""Passwords of this machine's own servers and of Cassandra's roles."""

from __future__ import annotations

from conf import logins
from conf.settings import Settings
from serving_layer.access.token import read_or_make


def make_passwords(settings: Settings) -> None:
    """Make each password where there is none, readable by its owner alone."""
    (settings.home / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (*logins.SERVERS, *logins.ROLES):
        read_or_make(logins.password_file(settings, name))


def role_passwords(settings: Settings) -> dict[str, str]:
    """The passwords of Cassandra's roles by the names that ``roles.cql`` knows them by."""
    return {f"{role}_PASSWORD".upper(): read_or_make(logins.password_file(settings, role)) for role in logins.ROLES}
