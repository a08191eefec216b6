"""Programs of analysts ask the real servers: PyHive, SQLAlchemy, Power Query's text; and what the document says."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
import requests
from pyhive import hive
from sqlalchemy import MetaData, Table, create_engine, func, select

from conf import Settings
from serving_layer.access.token import token_of
from stack.servers import thrift
from tests.support import serving_rows as rows
from tests.support.analysts.world import Clock, expected_kwh

ROOT = Path(__file__).parents[3]
QUERIES = ROOT / "docs" / "queries.md"
POWER_QUERY = (ROOT / "conf" / "powerquery" / "energy.pq").read_text(encoding="utf-8")
HOME, SCALE = rows.HOMES[1], 1 + 1 / 3


def test_the_document_names_every_view_with_its_columns(served: Settings) -> None:
    written = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (`.*?`) \|", QUERIES.read_text(encoding="utf-8"), re.M)
    told = {
        view: sorted(re.findall(r"`(\w+)`", columns))
        for views, columns in written
        for view in re.findall(r"`(\w+)`", views)
    }
    held = {}
    with thrift.connect(served) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW VIEWS IN solera")
        for view in [row[1] for row in cursor.fetchall()]:
            cursor.execute(f"DESCRIBE solera.{view}")
            held[view] = sorted(row[0] for row in cursor.fetchall())
    assert told == held


def test_pyhive_asks_as_the_document_says(served: Settings, clock: Clock) -> None:
    conf = served.thrift
    with hive.connect(conf.host, conf.port, username="solera", password=token_of(served), auth="CUSTOM") as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT sum(energy_wh) / 1000 FROM solera.energy WHERE installation_id = %(home)s AND quantity = 'export' "
            "AND start >= %(day)s AND start < %(end)s",
            {"home": HOME, "day": clock.cut - timedelta(days=1), "end": clock.cut},
        )
        ((kwh,),) = cursor.fetchall()
    assert kwh == pytest.approx(expected_kwh(clock, "export", clock.cut - timedelta(days=1), clock.cut, [SCALE]))


def test_sqlalchemy_reads_views_and_their_columns(served: Settings, clock: Clock) -> None:
    address = f"hive://solera:{quote(token_of(served))}@{served.thrift.host}:{served.thrift.port}/solera"
    engine = create_engine(address, connect_args={"auth": "CUSTOM"})
    try:
        energy = Table("energy_daily", MetaData(), autoload_with=engine)
        assert {"day", "installation_id", "energy_wh", "month"} <= set(energy.columns.keys())
        asked = (
            select(energy.c.installation_id, func.sum(energy.c.energy_wh).label("wh"))
            .where(energy.c.quantity == "import", energy.c.installation_id.in_(rows.HOMES), energy.c.view == "batch")
            .group_by(energy.c.installation_id)
            .order_by(energy.c.installation_id)
        )
        with engine.connect() as connection:
            found = pd.read_sql(asked, connection)
    finally:
        engine.dispose()
    assert list(found["installation_id"]) == list(rows.HOMES)
    start = clock.cut - timedelta(days=2)
    for n, wh in enumerate(found["wh"]):
        assert wh / 1000 == pytest.approx(expected_kwh(clock, "import", start, clock.cut, [1 + n / 3]))


def test_power_querys_text_asks_what_the_feed_answers(served: Settings, clock: Clock) -> None:
    """Its brackets close, each request that it makes is answered, and every column that it takes is in the answer."""
    assert_closed(POWER_QUERY)
    values = dict(re.findall(r"^    (\w+) = \"([^\"]*)\",$", POWER_QUERY, re.M))
    assert {"Address", "Token", "First", "Zone"} == set(values)
    values |= {
        "First": f"{clock.cut - timedelta(days=2):%Y-%m-%d}",
        "Today": f"{clock.cut + timedelta(days=1):%Y-%m-%d}",
    }
    quantities = re.findall(r'"(\w+)"', part(r"Quantities = \{(.*?)\}"))

    catalogue = asked(served, part(r'Csv\("(v1/installations)"'), query(part(r'"v1/installations", \[(.*?)\]'), values))
    assert [row["installation_id"] for row in catalogue] == sorted([rows.COMMUNITY, *rows.HOMES])
    prefix, suffix = re.findall(
        r'"(v1/installations/)" & Uri.EscapeDataString\(installation\) & "(/energy)"', POWER_QUERY
    )[0]
    days = query(part(r"/energy\",\s+\[(.*?)\]"), values)
    for quantity in quantities:
        answer = asked(served, f"{prefix}{HOME}{suffix}", days | {"quantity": quantity})
        whole = [row for row in answer if row["view"] == "batch" and row["completeness"] == "1.0"]
        assert whole
        for row in whole:
            start = datetime.fromisoformat(row["local_start"])
            kwh = expected_kwh(clock, quantity, start, start + timedelta(days=1), [SCALE])
            assert float(row["energy_wh"]) / 1000 == pytest.approx(kwh)
        assert set(re.findall(r'"(\w+)"', part(r'"days", \{(.*?)\}\)'))) <= set(answer[0])
    kept = set(re.findall(r'"(\w+)"', part(r"Answered, \{(.*?)\}\)")))
    assert kept - {"quantity", "days"} <= set(catalogue[0])


def part(pattern: str) -> str:
    """The one place of the text that ``pattern`` finds."""
    (found,) = re.findall(pattern, POWER_QUERY, re.S)
    return str(found)


def query(record: str, values: dict[str, str]) -> dict[str, str]:
    """A record of Power Query as parameters of a request; names stand for ``values``."""
    pairs = re.findall(r'(\w+) = ("[^"]*"|\w+)', record)
    return {name: value.strip('"') if value.startswith('"') else values.get(value, value) for name, value in pairs}


def asked(served: Settings, path: str, parameters: dict[str, str]) -> list[dict[str, str]]:
    header = {"Authorization": f"Bearer {token_of(served)}"}
    answer = requests.get(f"http://{served.api.host}:{served.api.port}/{path}", parameters, headers=header, timeout=60)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def assert_closed(text: str) -> None:
    """Every bracket outside of texts and comments is closed by its own, and ``let`` has its ``in``."""
    code = re.sub(r'"[^"]*"|//[^\n]*', "", text)
    pairs, opened = {")": "(", "]": "[", "}": "{"}, []
    for each in re.findall(r"[()\[\]{}]|\blet\b|\bin\b", code):
        if each in pairs.values() or each == "let":
            opened.append(each)
        else:
            assert opened.pop() == pairs.get(each, "let")
    assert not opened
