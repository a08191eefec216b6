"""Somebody who was given one home: what REST and SQL, each in its container, show them by the same token."""

from __future__ import annotations

from tests.containers.asking import is_refused, rest, sql
from tests.containers.compose import Compose, expect
from tests.containers.homes import HOMES

NAME = "ana"
HOME = next(iter(HOMES))


def give_one_home(compose: Compose) -> str:
    """Give a member one home by the documented line; their token."""
    return compose.run("api", "solera", "access", "add", NAME, "--role", "member", "--installation", HOME).strip()


def sees_one_home(token: str) -> None:
    """Show that the token opens REST and SQL, and in both that home alone. Raises ``NotShown``."""
    by_rest = [each["installation_id"] for each in rest(token, "installations")["installations"]]
    expect(by_rest == [HOME], f"REST by a member's token: {', '.join(by_rest)} alone")
    by_sql = [each for (each,) in sql(token, "SELECT DISTINCT installation_id FROM solera.energy_daily")]
    expect(by_sql == [HOME], f"SQL by the same token: {', '.join(by_sql)} alone")


def take_back(compose: Compose, token: str) -> None:
    """Take the access back and show that SQL knows the token no more. Raises ``NotShown``."""
    compose.run("api", "solera", "access", "revoke", NAME)
    expect(is_refused(lambda: sql(token, "SELECT 1")), "SQL by a token that was taken back: refused")
