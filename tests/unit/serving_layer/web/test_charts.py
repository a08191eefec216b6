"""Charts, drawn from values that are written here."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.calendar import local_day
from serving_layer.instants import Span
from serving_layer.views import totals
from serving_layer.views.forecast import Forecast, ForecastHour
from serving_layer.views.merge import BATCH, SPEED, Value
from serving_layer.web.charts import columns, curve, plot, why
from serving_layer.web.charts.labels import Labels
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 25, 11, 5, tzinfo=timezone.utc)
MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=timezone.utc)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
ENGLISH = Labels(MADRID, EN)
CUT = MIDNIGHT + 4 * HOUR


def values(start: datetime, count: int, wh: float = 250.0) -> list[Value]:
    return [
        Value(at, wh, BATCH if at < CUT else SPEED, "run" if at < CUT else "", 1.0, "measured")
        for at in (start + n * QUARTER for n in range(count))
    ]


def day(**changed: Any) -> curve.Day:
    """A home at five past noon in Madrid: 48 whole quarter-hours of 250 Wh, and a third of the 49th."""
    hours = tuple(ForecastHour(MIDNIGHT + n * HOUR, 800.0, 900.0, 1200.0, "gbt", "weather", "run") for n in range(48))
    span = Span(*local_day(NOW.astimezone(MADRID).date(), MADRID))
    today = [*values(MIDNIGHT, 48), Value(MIDNIGHT + 48 * QUARTER, 83.0, SPEED, "")]
    plain = curve.Day(span, today, values(MIDNIGHT - 24 * HOUR, 96, 100.0), Forecast(MIDNIGHT, hours), NOW, 1000.0)
    return plain._replace(**changed)


def points(drawn: plot.Plot, kind: str) -> list[tuple[float, float]]:
    paths = [shape.path for shape in drawn.shapes if shape.kind == kind]
    return [(float(x), float(y)) for path in paths for x, y in re.findall(r"([\d.]+) (-?[\d.]+)", path)]


def test_of_an_unfinished_quarter_hour_no_power_is_drawn() -> None:
    drawn = curve.draw(day(), ENGLISH)
    heights = {y for _, y in points(drawn, "known")}
    assert len(heights) == 1
    assert max(x for x, _ in points(drawn, "known")) == 500.0
    assert drawn.now == pytest.approx(100 * (12 + 5 / 60) / 24, abs=0.01)
    assert drawn.point == pytest.approx(100 - heights.pop() / 10, abs=0.01)


def test_published_and_live_are_drawn_apart_and_said() -> None:
    drawn = curve.draw(day(), ENGLISH)
    assert [kind for kind, _ in drawn.legend] == ["published", "live", "before", "forecast", "band"]
    assert max(x for x, _ in points(drawn, "published fill")) == min(x for x, _ in points(drawn, "live fill"))


@pytest.mark.parametrize("watts", [None])
def test_where_no_power_is_known_the_curve_ends_without_a_point(watts: float | None) -> None:
    assert curve.draw(day(watts=watts), ENGLISH).point is None


def test_without_any_value_nothing_is_drawn() -> None:
    drawn = curve.draw(day(values=[], before=[], forecast=None, watts=None), ENGLISH)
    assert (drawn.shapes, drawn.slots, drawn.legend) == ([], [], [])


def test_the_energy_that_is_forecast_of_a_day_is_said_where_all_its_hours_are() -> None:
    assert curve.draw(day(), ENGLISH).said == "Forecast of the day: 21.6 kWh"
    whole = day().forecast
    assert whole is not None
    begun_later = Forecast(whole.issued_at, whole.values[2:])
    assert curve.draw(day(forecast=begun_later), ENGLISH).said == "Forecast of the day: 21.8 kWh"
    assert curve.draw(day(forecast=begun_later, values=values(MIDNIGHT, 7)), ENGLISH).said == ""
    without_an_hour = Forecast(whole.issued_at, (*whole.values[:5], *whole.values[6:]))
    assert curve.draw(day(forecast=without_an_hour), ENGLISH).said == ""
    assert curve.draw(day(forecast=None), ENGLISH).said == ""


def test_a_gap_is_no_line() -> None:
    known = [*values(MIDNIGHT, 4), *values(MIDNIGHT + 8 * QUARTER, 4)]
    path = next(shape.path for shape in curve.draw(day(values=known), ENGLISH).shapes if shape.kind == "known")
    assert path.count("M") == 2


@pytest.mark.parametrize("now", [datetime(2026, 3, 30, 10, tzinfo=timezone.utc),
                                 datetime(2026, 10, 26, 11, tzinfo=timezone.utc)])  # fmt: skip
def test_the_day_before_is_laid_on_this_days_clock(now: datetime) -> None:
    """The days before had 23 and 25 hours: their noon stands at this day's noon."""
    today = now.astimezone(MADRID).date()
    before = local_day(today - timedelta(days=1), MADRID)[0]
    noon = now.astimezone(MADRID).replace(hour=12, minute=0) - timedelta(days=1)
    value = Value(noon.astimezone(timezone.utc), 250.0, BATCH, "run")
    assert value.start > before
    drawn = curve.draw(day(span=Span(*local_day(today, MADRID)), values=[], before=[value], now=now), ENGLISH)
    assert min(x for x, _ in points(drawn, "before")) == pytest.approx(500.0, abs=0.1)


def test_each_slot_says_its_time_its_value_and_why() -> None:
    slots = curve.draw(day(), ENGLISH).slots
    assert (slots[0].head, slots[0].text) == ("00:00 – 00:15", "1.00 kW")
    assert dict(slots[0].why) == {
        "Energy": "250 Wh", "View": "published by a night's run", "Run": "run", "Method": "measured by a register",
        "Covered": "100 % of the time", "Bounds": "nothing in doubt",
    }  # fmt: skip
    assert dict(slots[47].why)["View"] == "live, provisional until the night"
    # The hour that runs is known in part: its forecast begins where the known ends.
    assert slots[48].head == "12:00 – 13:00"
    assert slots[48].left == pytest.approx(50.0)
    assert dict(slots[48].why)["Rests on"] == "weather"
    assert all(a.right <= b.left + 1e-9 for a, b in pairwise(slots))


def test_what_is_in_doubt_says_its_bounds_and_its_cause() -> None:
    value = Value(MIDNIGHT, 250.0, BATCH, "run", 0.5, "estimated", 200.0, 1500.0, "reset,gap")
    said = dict(why.of_value(value, Labels(MADRID, ES)))
    assert said["Límites"] == "200 Wh – 1,5 kWh"
    assert said["Causa"] == "el contador empezó de nuevo en 0, faltan lecturas"


def test_a_sum_of_what_is_known_is_covered_by_what_is_known() -> None:
    parts = [(value, value.start + QUARTER) for value in values(MIDNIGHT, 8)]
    whole = totals.whole(parts, MIDNIGHT, MIDNIGHT + 4 * HOUR)
    assert whole is not None
    assert (whole.energy_wh, whole.view, whole.run_id, whole.completeness) == (2000.0, BATCH, "run", 0.5)
    provisional = totals.whole([*parts, (values(CUT, 1)[0], CUT + QUARTER)], MIDNIGHT, CUT + QUARTER)
    assert provisional is not None
    assert (provisional.view, provisional.run_id) == (SPEED, "")
    assert totals.whole([], MIDNIGHT, CUT) is None


@given(st.lists(st.floats(-1e9, 1e9), max_size=5))
def test_an_axis_holds_zero_and_every_height_at_few_round_ticks(heights: list[float]) -> None:
    heights = [round(each, 3) for each in heights]
    low, high, ticks = plot.scale(heights)
    slack = 1e-6 * (high - low)
    assert all(low - slack <= each <= high + slack for each in [0.0, *heights])
    assert 2 <= len(ticks) <= 7
    assert [ticks[0], ticks[-1]] == pytest.approx([low, high])


def month(**changed: Any) -> columns.Columns:
    span, before = (
        Span(local_day(datetime(2026, m, 1).date(), MADRID)[0], local_day(datetime(2026, m + 1, 1).date(), MADRID)[0])  # noqa: DTZ001
        for m in (10, 9)
    )
    of = [Value(span.start + timedelta(days=n), 1000.0 * n, BATCH, "run", 1.0) for n in range(20)]
    earlier = [Value(before.start + timedelta(days=n), 2000.0, BATCH, "run", 1.0) for n in range(30)]
    return columns.Columns("month", span, before, of, earlier)._replace(**changed)


def test_a_month_has_a_column_a_day_beside_those_of_the_month_before() -> None:
    drawn = columns.draw(month(), ENGLISH)
    assert drawn.unit == "kWh"
    assert [tick.text for tick in drawn.across] == ["1", "5", "10", "15", "20", "25", "30"]
    assert [kind for kind, _ in drawn.legend] == ["published bar", "earlier"]
    assert (drawn.slots[4].head, drawn.slots[4].text) == ("Monday 5 October", "4.0 kWh")
    assert drawn.slots[4].why[0] == ("Period before", "2.0 kWh")
    assert len(points(drawn, "earlier fill")) == 30 * 4


def test_large_columns_are_mwh() -> None:
    large = [replace_energy(value, 5e6) for value in month().values]
    assert columns.draw(month(values=large), ENGLISH).unit == "MWh"


def replace_energy(value: Value, wh: float) -> Value:
    return value._replace(energy_wh=wh)
