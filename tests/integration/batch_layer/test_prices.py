"""Prices from their topic through a night to REST, CQL and the page: what is known, and what is forecast beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pyspark.sql import SparkSession

from batch_layer.nightly import nightly
from batch_layer.pricing.candidates import LASSO
from batch_layer.pricing.components import COMPOSED
from batch_layer.runs import Run
from conf import Settings
from conf.tariffs import tariffs
from energy.calendar import MADRID, dates, local_day
from energy.forecasts.scores import NAIVE
from energy.money import pvpc
from ingest.sources.prices import missing_days
from serving_layer.app import create_app
from serving_layer.instants import Span
from serving_layer.web import price_panel
from serving_layer.web.charts import price_curve
from serving_layer.web.charts.labels import Labels
from serving_layer.web.words.en import EN
from store import cassandra, schema
from store.spark import session
from tests.support import batch_world as world
from tests.support import owner

STEPS = ("archive", "clean", "totals", "prices", "publish")
NOW = datetime.now(timezone.utc)
CUT = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
TODAY = NOW.astimezone(MADRID).date()
DAYS = 165
KNOWN_TO = local_day(TODAY, MADRID)[1]
HOUR = timedelta(hours=1)


def market() -> dict[datetime, float]:
    """EUR/MWh of every hour of ``DAYS`` days up to the end of today in Madrid: dear evenings, cheap Sundays."""
    random = np.random.default_rng(5)
    count = int((KNOWN_TO - CUT) / HOUR) + 24 * DAYS
    starts = [KNOWN_TO - HOUR * n for n in range(count, 0, -1)]
    level = 60 + np.cumsum(random.normal(0, 0.4, count)).clip(-40, 40)
    local = [start.astimezone(MADRID) for start in starts]
    shape = [
        25 * np.exp(-((t.hour - 21) ** 2) / 6) - 20 * (t.weekday() == 6) - 45 * (t.hour in (13, 14)) for t in local
    ]
    return {
        start: round(float(v), 2) for start, v in zip(starts, level + shape + random.normal(0, 2, count), strict=True)
    }


def message(kind: str, zone: str, start: datetime, price: float, length: timedelta = HOUR) -> dict[str, Any]:
    known_at = min(start - timedelta(hours=10), CUT - HOUR)
    times = {"start": world.rfc(start), "end": world.rfc(start + length), "known_at": world.rfc(known_at)}
    return {"market": kind, "zone": zone, "price_eur_mwh": price, "provider": "test", **times}


@pytest.fixture(scope="module")
def settings_of_own(stack: Settings) -> Settings:
    """The stack with a keyspace and a master of our own."""
    settings = stack.model_copy(
        update={
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "prices"}),
            "hdfs": stack.hdfs.model_copy(update={"root": "/prices"}),
            "home": stack.home / "prices",
            "price": stack.price.model_copy(update={"model": "lasso"}),
        }
    )
    schema.apply_schema(settings)
    return settings


@pytest.fixture(scope="module")
def spark(settings_of_own: Settings) -> Iterator[SparkSession]:
    running = session(settings_of_own, "test prices")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def night(settings_of_own: Settings, spark: SparkSession) -> Run:
    prices = market()
    # The market's last week comes by the quarter-hour, as it does since 2025.
    week = CUT - timedelta(days=7)
    spot = [message("spot", "ES", start, price) for start, price in prices.items() if start < week]
    for start, price in ((s, p) for s, p in prices.items() if s >= week):
        for n, more in enumerate((-3.0, -1.0, 1.0, 3.0)):
            quarter = timedelta(minutes=15)
            spot.append(message("spot", "ES", start + n * quarter, round(price + more, 2), quarter))
    rules = tariffs()
    tariff = [
        message(
            "pvpc", "ES-peninsula", start, pvpc.tolls(rules, start)[0] + pvpc.market_factor(rules, start) * price + 30
        )
        for start, price in prices.items()
    ]
    wrong = [b"{}", json.dumps(message("spot", "ES", CUT, 1.0) | {"price_eur_mwh": "12"}).encode()]
    world.send(settings_of_own, "prices", [*spot, *spot[:20], *tariff, *wrong])
    return nightly(spark, settings_of_own, CUT.date(), report=lambda _: None, steps=STEPS)


@pytest.fixture(scope="module")
def client(settings_of_own: Settings, night: Run) -> Iterator[TestClient]:
    with owner.client(create_app(settings_of_own)) as client:
        yield client


def test_known_prices_are_archived_and_served(client: TestClient) -> None:
    start, end = CUT - timedelta(days=20), CUT - timedelta(days=8)
    asked = {"market": "spot", "from": world.rfc(start), "to": world.rfc(end)}
    values = client.get("/v1/prices", params=asked).json()["values"]
    expected = market()
    assert {v["start"]: v["price_eur_mwh"] for v in values} == {
        world.rfc(s): p for s, p in expected.items() if start <= s < end
    }
    assert {v["kind"] for v in values} == {"known"}


@pytest.mark.parametrize("kind", ["spot", "pvpc"])
def test_known_hours_and_then_forecast_ones_with_their_band_and_record(
    client: TestClient, night: Run, kind: str
) -> None:
    asked = this_hour()
    answer = client.get("/v1/prices/forecast", params={"market": kind}).json()
    values = answer["values"]
    times = [datetime.fromisoformat(v["start"].replace("Z", "+00:00")) for v in values]
    assert times == sorted(set(times))
    # Where the hour ends while it is asked the answer may begin with either.
    assert times[0] in {asked, this_hour()}
    assert times[-1] >= min(asked, KNOWN_TO) + timedelta(hours=47)
    assert {v["kind"] for v, t in zip(values, times, strict=True) if t < KNOWN_TO} <= {"known"}
    ahead = [v for v, t in zip(values, times, strict=True) if t >= KNOWN_TO]
    assert all(v["kind"] == "forecast" and v["p10"] <= v["price_eur_mwh"] <= v["p90"] for v in ahead)
    assert {v["step"] for v in ahead[:20]} == {"history"}
    assert {v["step"] for v in ahead} <= {"history", "persistence"}
    record = {row["model"]: row for row in answer["record"]}
    assert {LASSO, NAIVE} <= set(record)
    assert (COMPOSED in record) == (kind == "pvpc")
    published = [name for name, row in record.items() if row["is_published"]]
    assert published == [answer["record"][0]["model"]] == [ahead[0]["model"]]
    assert record[published[0]]["mae_eur_mwh"] < record[NAIVE]["mae_eur_mwh"]
    assert {row["run_id"] for row in answer["record"]} == {night.run_id}


def this_hour() -> datetime:
    return datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)


def test_csv_has_the_same(client: TestClient) -> None:
    text = client.get("/v1/prices/forecast", params={"market": "pvpc", "format": "csv"}).text
    assert text.splitlines()[0].startswith("start,end,price_eur_mwh,kind,known_at")
    assert "forecast" in text


def test_the_ledger_holds_the_refused_and_the_repeated(settings_of_own: Settings, night: Run) -> None:
    counts = night.finished["archive"]
    assert counts["prices_quarantined"] >= 2
    assert counts["prices_duplicate"] >= 20
    assert counts["prices_received"] == sum(counts[f"prices_{n}"] for n in ("accepted", "duplicate", "quarantined"))


def test_an_unpublished_run_s_forecast_is_not_served(client: TestClient, settings_of_own: Settings) -> None:
    later = KNOWN_TO + HOUR
    with cassandra.session(settings_of_own) as cql:
        cql.execute(
            "INSERT INTO price (market, zone, day, start, known_at, end, provider, price_eur_mwh, kind) "
            "VALUES ('spot', 'ES', %s, %s, %s, %s, 'solera', 9999.0, 'forecast')",
            (later.date(), later, NOW, later + HOUR),
        )
    values = client.get("/v1/prices/forecast", params={"market": "spot"}).json()["values"]
    assert all(v["price_eur_mwh"] < 9999 for v in values)


def test_the_page_shows_them(client: TestClient) -> None:
    reader = client.app.state.reader  # type: ignore[attr-defined]
    start = local_day(TODAY, MADRID)[0]
    shown = price_panel.take(reader, "pvpc", MADRID, start, NOW)
    span = Span(start, start + timedelta(days=2))
    plot = price_curve.draw(price_curve.Prices(span, shown.values, NOW), Labels(MADRID, EN))
    assert {name for _, name in plot.legend} >= {"Known", "Forecast", "8 in 10 chance"}
    assert "off by" in price_panel.record(shown, EN)
    nothing = price_panel.take(reader, "spot", MADRID, start + timedelta(days=300), NOW)
    assert price_panel.said(nothing, EN) == []


def test_a_forecast_day_is_still_missing(settings_of_own: Settings, night: Run) -> None:
    days = dates(TODAY - timedelta(days=3), TODAY + timedelta(days=1))
    assert missing_days(settings_of_own, "omie", days) == [TODAY + timedelta(days=1)]
    assert missing_days(settings_of_own, "pvpc", days) == [TODAY + timedelta(days=1)]
