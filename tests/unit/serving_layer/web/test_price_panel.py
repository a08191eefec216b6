"""The page of prices, from prices alone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from energy.money.quotes import newest
from serving_layer.instants import Span
from serving_layer.web.charts import price_curve
from serving_layer.web.charts.labels import Labels
from serving_layer.web.charts.plot import Plot
from serving_layer.web.price_panel import Prices, cheapest, record, said
from serving_layer.web.words.en import EN

START = datetime(2026, 3, 9, 23, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
MADRID = ZoneInfo("Europe/Madrid")


def price(start: datetime, value: float, kind: str = "known", length: timedelta = HOUR) -> dict[str, Any]:
    band = {"p10": value - 10, "p90": value + 10} if kind == "forecast" else {"p10": None, "p90": None}
    times = {"start": start, "end": start + length, "known_at": START}
    return {"price_eur_mwh": value, "kind": kind, "provider": "test", "model": "m", "step": None, **times, **band}


def shown(values: list[dict[str, Any]], now: datetime = START + 5 * HOUR, **record: float) -> Prices:
    rows = [
        {"model": name.replace("_", " "), "mae_eur_mwh": mae, "days": 60, "is_published": n == 0}
        for n, (name, mae) in enumerate(record.items())
    ]
    return Prices(MADRID, now, values, rows)


def drawn(values: list[dict[str, Any]]) -> Plot:
    span = Span(START, START + 48 * HOUR)
    return price_curve.draw(price_curve.Prices(span, values, START + 5 * HOUR), Labels(MADRID, EN))


def test_without_a_price_nothing_is_said_or_drawn() -> None:
    assert said(shown([]), EN) == []
    assert drawn([]).shapes == []


def test_known_and_forecast_hours_are_drawn_apart_and_prices_below_zero_too() -> None:
    values = [price(START + n * HOUR, -5.0 + n, "known" if n < 24 else "forecast") for n in range(48)]
    plot = drawn(values)
    assert [name for _, name in plot.legend] == ["Known", "Forecast", "8 in 10 chance"]
    assert plot.up[0].text == "-0.02"
    assert (plot.slots[0].head, plot.slots[0].text) == ("Tue 10 Mar, 00:00 – 01:00", "-0.005 €/kWh")
    assert dict(plot.slots[30].why)["8 in 10 chance"] == "0.015 €/kWh – 0.035 €/kWh"


def test_now_the_cheapest_hours_and_the_record_are_said() -> None:
    values = [
        price(START + n * HOUR, 100.0 if n not in (30, 31, 32) else 10.0, "known" if n < 24 else "forecast")
        for n in range(48)
    ]
    of = shown(values, lasso=3.1, same_hour_of_the_last_known_day=5.2)
    assert [(value, note) for _, value, note in said(of, EN)] == [
        ("0.100 €/kWh", ""),
        ("Wed 11 Mar, 06:00", "as forecast"),
    ]
    assert "lasso, off by 0.31 c€/kWh" in record(of, EN)
    assert "the day before by 0.52 c€/kWh" in record(of, EN)
    assert "no forecast of them yet" in record(shown(values[:24]), EN)


def test_quarter_hours_count_as_the_hour_they_make() -> None:
    quarter = timedelta(minutes=15)
    values = [price(START + n * quarter, float(n // 4 == 5) * -40, length=quarter) for n in range(32)]
    assert cheapest(values, 1) == START + 5 * HOUR
    assert cheapest(values[:4], 3) is None


def test_a_forecast_of_an_hour_gives_way_to_its_first_known_quarter() -> None:
    known = price(START, 5.0, length=timedelta(minutes=15))
    rows = [known, price(START, 9.0, "forecast"), price(START + HOUR, 9.0, "forecast")]
    assert [(p["start"], p["kind"]) for p in newest(rows)] == [(START, "known"), (START + HOUR, "forecast")]
