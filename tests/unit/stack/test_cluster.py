"""The statements that give each layer its rights."""

from __future__ import annotations

import re

import pytest

from stack.servers.roles import PasswordMissingError, role_statements
from store.schema import schema_statements

ROLES = ("ingest", "speed", "batch", "serving", "analyst")
ADMINISTRATORS = "schema_version"
"""Written by whoever makes and migrates the tables, and by no layer."""
PASSWORDS = {f"{role.upper()}_PASSWORD": f"of-{role}" for role in ROLES}


def test_every_table_has_a_writer_and_is_of_the_schema() -> None:
    tables = {
        found[1] for each in schema_statements() if (found := re.search(r"CREATE TABLE IF NOT EXISTS (\w+)", each))
    }
    written = {
        found[1]
        for each in role_statements("solera", PASSWORDS)
        if (found := re.search(r"MODIFY ON solera\.(\w+)", each))
    }
    assert written == tables - {ADMINISTRATORS}


def test_analyst_may_only_read() -> None:
    granted = [each for each in role_statements("solera", PASSWORDS) if each.endswith("TO solera_analyst")]
    assert granted == ["GRANT SELECT ON KEYSPACE solera TO solera_analyst"]


def test_password_is_a_literal_whatever_it_holds() -> None:
    statements = role_statements("solera", PASSWORDS | {"SPEED_PASSWORD": "it's -- {odd}; DROP"})
    assert (
        "CREATE ROLE IF NOT EXISTS solera_speed WITH LOGIN = true AND PASSWORD = 'it''s -- {odd}; DROP'" in statements
    )
    assert len(statements) == len(role_statements("solera", PASSWORDS))


@pytest.mark.parametrize("role", ROLES)
def test_missing_password_is_named(role: str) -> None:
    given = {name: value for name, value in PASSWORDS.items() if name != f"{role.upper()}_PASSWORD"}
    with pytest.raises(PasswordMissingError, match=f"{role.upper()}_PASSWORD is not set"):
        role_statements("solera", given)
