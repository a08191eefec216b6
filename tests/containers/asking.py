"""The same questions by REST, SQL, CQL and the page, on the ports that are published, as a client outside asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any

import requests
from cassandra import AuthenticationFailed
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable, Session
from pyhive import hive

from tests.containers.compose import expect
from tests.containers.homes import HOMES, day_wh

HOST = "127.0.0.1"
REST, PUSH = f"http://{HOST}:8000", f"http://{HOST}:8001"
SQL_PORT = 10010
TOLERANCE_WH = 0.001


def rest(token: str, path: str, **parameters: str) -> Any:
    """The answer of REST, as Python's values."""
    answer = requests.get(
        f"{REST}/v1/{path}", params=parameters, headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    answer.raise_for_status()
    return answer.json()


def sql(token: str, question: str) -> list[tuple[Any, ...]]:
    """The rows of an answer of SQL."""
    with hive.connect(HOST, port=SQL_PORT, username="solera", password=token, auth="CUSTOM") as connection:
        cursor = connection.cursor()
        cursor.execute(question)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@contextmanager
def cql(password: str) -> Iterator[Session]:
    """A session as analysts have it."""
    login = PlainTextAuthProvider("solera_analyst", password)
    with Cluster([HOST], auth_provider=login, connect_timeout=30) as cluster:
        yield cluster.connect("solera")


def ask_everywhere(token: str, analyst: str, day: date, view: str) -> None:
    """Show that every way gives the energy of ``day`` (UTC) that is known by hand. Raises ``NotShown``."""
    for home in HOMES:
        expected = day_wh(home)
        _expect_close("REST", home, day, _by_rest(token, home, day, view), expected)
        _expect_close("SQL", home, day, _by_sql(token, home, day, view), expected)
        if view == "batch":
            _expect_close("CQL", home, day, _by_cql(analyst, home, day), expected)
        _expect_page(token, home, day)


def _expect_close(how: str, home: str, day: date, found: dict[str, float], expected: dict[str, float]) -> None:
    is_close = all(abs(found.get(each, -1.0) - value) < TOLERANCE_WH for each, value in expected.items())
    expect(is_close, f"{how}: {home} on {day}: {', '.join(f'{each} {found.get(each)} Wh' for each in expected)}")


def _by_rest(token: str, home: str, day: date, view: str) -> dict[str, float]:
    span = {"from": f"{day}T00:00:00Z", "to": f"{day + timedelta(days=1)}T00:00:00Z", "resolution": "day", "tz": "UTC"}
    found = {
        each: rest(token, f"installations/{home}/energy", quantity=each, **span)["values"] for each in day_wh(home)
    }
    return {each: values[0]["energy_wh"] for each, values in found.items() if values and values[0]["view"] == view}


def _by_sql(token: str, home: str, day: date, view: str) -> dict[str, float]:
    question = f"""SELECT quantity, energy_wh FROM solera.energy_daily WHERE installation_id = '{home}'
        AND month = DATE'{day.replace(day=1)}' AND day = DATE'{day}' AND view = '{view}'"""  # noqa: S608  our own names
    return dict(sql(token, question))


def _by_cql(analyst: str, home: str, day: date) -> dict[str, float]:
    start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    question = """SELECT energy_wh FROM energy_batch WHERE installation_id = %s AND month = %s AND quantity = %s
        AND start >= %s AND start < %s"""
    with cql(analyst) as session:
        return {
            each: sum(
                row.energy_wh
                for row in session.execute(question, [home, day.replace(day=1), each, start, start + timedelta(days=1)])
            )
            for each in day_wh(home)
        }


def _expect_page(token: str, home: str, day: date) -> None:
    with requests.Session() as browser:
        browser.get(f"{REST}/login", params={"token": token}, timeout=60).raise_for_status()
        page = browser.get(f"{REST}/installation", params={"id": home}, timeout=60)
    expect(page.ok and f"Home {home}" in page.text, f"page: {home} is shown ({len(page.text)} characters)")


def strangers_stay_out(token: str) -> None:
    """Show that each published port asks for a login. Raises ``NotShown``."""
    expect(requests.get(f"{REST}/v1/installations", timeout=30).status_code == 401, "REST without a token: 401")
    expect(requests.post(f"{PUSH}/v1/readings", json=[], timeout=30).status_code == 401, "push without a token: 401")
    expect(is_refused(lambda: sql("x" + token[1:], "SELECT 1")), "SQL with a wrong token: refused")
    expect(is_refused(lambda: Cluster([HOST]).connect()), "CQL without a login: refused")
    expect(is_refused(lambda: _first_account()), "CQL as the well-known first account: refused")


def _first_account() -> None:
    Cluster([HOST], auth_provider=PlainTextAuthProvider("cassandra", "cassandra")).connect()


def is_refused(ask: Any) -> bool:
    """Whether a login is refused, in whatever way its client says that."""
    try:
        ask()
    except (AuthenticationFailed, NoHostAvailable):
        return True
    except Exception as error:  # thrift_sasl has an error of its own without a name to import
        return "Error validating the login" in str(error) or "TTransportException" in type(error).__name__
    return False
