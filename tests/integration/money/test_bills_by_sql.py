"""A home that shares nothing is billed by the nights: SQL has the lines that REST and the command line make."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from batch_layer.nightly import nightly
from conf import Settings
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from serving_layer.app import create_app
from stack.cli import app as command_line
from stack.services import environment
from store import cassandra
from store.spark import session
from tests.support import batch_world as world
from tests.support import owner
from tests.support.money.bills import AGREED, HOME
from tests.support.servers.started import started
from tests.support.sql.client import Ask, asking

STEPS = ("archive", "clean", "totals", "settle", "publish")
HOME_ID = "sola"
MONTHS = ("2026-01", "2026-02")
START = datetime(2025, 12, 31, 23, tzinfo=timezone.utc)
DAYS = 31 + 28
CORRECTED = (31 + 12) * 24 + 10
"""The number of an hour of February."""
Line = tuple[str, str, float | None, float]


@pytest.fixture(scope="module")
def served(in_keyspace: Callable[[str], Settings]) -> Settings:
    """A keyspace and a master of our own, two months of a home with panels, and a home of which nothing is known."""
    settings = in_keyspace("billed")
    homes: list[dict[str, Any]] = [
        {"installation_id": name, "contracts": [HOME | {"compensation": AGREED}]} for name in (HOME_ID, "vacia")
    ]
    with cassandra.session(settings) as running:
        write_catalogue(running, parse_catalogue(homes), datetime.now(timezone.utc))
    world.send(settings, "intervals", world.hours(HOME_ID, START, DAYS * 24))
    return settings


@pytest.fixture(scope="module")
def spark(served: Settings) -> Iterator[SparkSession]:
    running = session(served, "test bills by SQL")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(served: Settings) -> Iterator[TestClient]:
    with owner.client(create_app(served)) as client:
        yield client


def by_sql(sql: Ask, month: str) -> list[Line]:
    found = sql(
        "SELECT kind, period, quantity, eur FROM solera.bill_line "  # noqa: S608
        f"WHERE installation_id = '{HOME_ID}' AND month = DATE '{month}-01' ORDER BY line"
    )
    return [
        (kind, period, None if amount is None else float(amount), float(eur)) for kind, period, amount, eur in found
    ]


def by_rest(client: TestClient, month: str) -> tuple[list[Line], dict[str, Any]]:
    bill = client.get(f"/v1/installations/{HOME_ID}/bills", params={"month": month}).json()
    lines = [(line["kind"], line["period"], line["quantity"], line["eur"])
             for line in (*bill["lines"], *bill["cases"][0]["taxes"])]  # fmt: skip
    return lines, bill


def by_command(served: Settings, monkeypatch: pytest.MonkeyPatch, month: str) -> list[tuple[str, str, float]]:
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(command_line, ["bill", "--installation", HOME_ID, "--month", month, "--format", "csv"])
    assert said.exit_code == 0, said.output
    rows = csv.DictReader(io.StringIO(said.stdout))
    return [(row["kind"], row["period"], float(row["eur"])) for row in rows if row["eur"] and row["kind"] != "total"]


def months(sql: Ask) -> dict[str, Any]:
    found = sql(
        "SELECT CAST(month AS string), community_id, run_id, CAST(total_eur AS double), CAST(saving_eur AS double), "
        "note FROM solera.settlement_month ORDER BY month"
    )
    return {month[:7]: row for month, *row in found}


@pytest.mark.timeout(1800)
def test_sql_has_the_bills_that_rest_and_the_command_line_make(
    served: Settings, spark: SparkSession, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = nightly(spark, served, date(2026, 3, 1), report=lambda _: None, steps=STEPS)
    with started(served, "thrift"), asking(served) as sql:
        before = {month: by_sql(sql, month) for month in MONTHS}
        said = months(sql)
        assert list(said) == list(MONTHS), "of the empty home nothing is told"
        for month in MONTHS:
            lines, bill = by_rest(client, month)
            assert before[month] == lines
            assert [(kind, period, eur) for kind, period, _, eur in lines] == by_command(served, monkeypatch, month)
            assert said[month] == ["", first.run_id, bill["total_eur"], bill["saving_eur"], None]
            assert bill["total_eur"] == pytest.approx(sum(eur for *_, eur in lines))

        known_at = world.CUT + timedelta(days=1)
        world.send(served, "intervals", [world.used_more(HOME_ID, START, CORRECTED, known_at)])
        second = nightly(spark, served, date(2026, 3, 2), report=lambda _: None, steps=STEPS)
        assert second.finished["settle"]["settled_months"] == 1
        lines, bill = by_rest(client, "2026-02")
        after = months(sql)
        assert by_sql(sql, "2026-02") == lines != before["2026-02"]
        assert by_sql(sql, "2026-01") == before["2026-01"]
        assert after["2026-01"] == said["2026-01"]
        assert after["2026-02"] == ["", second.run_id, bill["total_eur"], bill["saving_eur"], None]
        assert bill["total_eur"] > said["2026-02"][2]
    shared = client.get(f"/v1/installations/{HOME_ID}/settlement").json()
    assert shared["months"] == [], "it is no member of a community"
