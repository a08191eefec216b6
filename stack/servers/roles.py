"""The roles of ``conf/roles.cql``: each layer logs in to Cassandra as one and writes its own tables alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cassandra.cluster import Session

from conf import Settings
from conf.logins import PREFIX
from conf.place import CONF_DIR
from conf.refusal import Refusal
from stack.servers.administrator import as_user, have_administrator, literal
from store import cassandra
from store.cassandra import CassandraAway
from store.schema import apply_schema


class PasswordMissingError(Refusal):
    """A role's password is not in the environment; the text names the variable."""


def role_statements(keyspace: str, passwords: Mapping[str, str]) -> list[str]:
    """The statements of ``roles.cql``; ``passwords`` by the variable's name. Raises :class:`PasswordMissingError`."""
    text = re.sub(r"--.*", "", (CONF_DIR / "roles.cql").read_text(encoding="utf-8"))
    values = {name.lower(): literal(password) for name, password in passwords.items()}
    try:
        return [part.strip().format(keyspace=keyspace, **values) for part in text.split(";") if part.strip()]
    except KeyError as error:
        raise PasswordMissingError(f"{error.args[0].upper()} is not set: every role of roles.cql needs one") from None


def apply_roles(settings: Settings, passwords: Mapping[str, str]) -> None:
    """Make administrator, keyspace, tables and roles; again changes nothing but passwords. Raises ``CassandraAway``."""
    wanted = role_statements(settings.cassandra.keyspace, passwords)
    have_administrator(settings)
    apply_schema(settings)
    with cassandra.session(settings) as session:
        for statement in wanted:
            session.execute(statement)
        for role in (found[1] for each in wanted if (found := re.match(r"CREATE ROLE IF NOT EXISTS (\w+)", each))):
            _have_password(session, settings, role, passwords[f"{role.removeprefix(PREFIX)}_PASSWORD".upper()])


def _have_password(session: Session, settings: Settings, role: str, password: str) -> None:
    """Change the role's password where it is another; Cassandra refuses a second change within 5 s."""
    try:
        with cassandra.session(as_user(settings, role, password), keyspace=None):
            pass
    except CassandraAway:
        session.execute(f"ALTER ROLE {role} WITH PASSWORD = {literal(password)}")
