"""Passwords of this machine's own servers and of Cassandra's roles, and the key of HDFS."""

from __future__ import annotations

from conf import kerberos, logins
from conf.settings import Settings
from serving_layer.access.token import read_or_make
from stack.kerberos.certificate import have_certificate
from stack.kerberos.keys import have_key_file
from stack.preflight import Unfit


def make_passwords(settings: Settings) -> None:
    """Make each password and key where there is none, readable by its owner alone.

    Raises :class:`Unfit` for settings that name another stack's key: its processes could log in no more.
    """
    if kerberos.is_asked(settings) and kerberos.secrets(settings) != kerberos.own_secrets(settings):
        raise Unfit(
            f"hdfs.secrets names {kerberos.secrets(settings)}, the key of another stack than that of {settings.home}: "
            "leave it out (SOLERA_HDFS__SECRETS in the environment) where servers are started."
        )
    (settings.home / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (*logins.SERVERS, *logins.ROLES):
        read_or_make(logins.password_file(settings, name))
    if kerberos.is_asked(settings):
        have_key_file(settings)
        have_certificate(settings)


def role_passwords(settings: Settings) -> dict[str, str]:
    """The passwords of Cassandra's roles by the names that ``roles.cql`` knows them by."""
    return {f"{role}_PASSWORD".upper(): read_or_make(logins.password_file(settings, role)) for role in logins.ROLES}
