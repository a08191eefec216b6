"""A period in numbers, from energies that are written here."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from energy.records import Quantity
from serving_layer.views.merge import BATCH, SPEED, Value
from serving_layer.web.charts.labels import Labels
from serving_layer.web.periods import summary
from serving_layer.web.periods.energies import Energies, shares
from serving_layer.web.periods.months import Asked
from serving_layer.web.periods.period import KINDS, Kind, period_of
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from store.runs import Published

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 26, 11, tzinfo=timezone.utc)
MIDNIGHT = datetime(2026, 11, 25, 23, tzinfo=timezone.utc)
ASKED = Asked("casa", MADRID, Published((), None), NOW)
LABELS = Labels(MADRID, EN)


def energies(wh: float | None, before: float | None = None, views: tuple[str, ...] = (BATCH, SPEED)) -> Energies:
    parts = [Value(MIDNIGHT + n * timedelta(minutes=15), wh or 0.0, view, "") for n, view in enumerate(views)]
    return Energies(parts if wh is not None else [], [], wh, before, parts[0] if wh else None)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"generation": energies(1000.0), "export": energies(250.0)}, (0.75, None)),
        ({"consumption": energies(1000.0), "import": energies(400.0)}, (None, 0.6)),
        # Devices read a moment apart: more out than made, more in than used.
        ({"generation": energies(100.0), "export": energies(101.0)}, (0.0, None)),
        ({"consumption": energies(100.0), "import": energies(-1.0)}, (None, 1.0)),
        # Of nothing there is no share, and without a meter nobody knows.
        ({"generation": energies(0.0), "export": energies(0.0)}, (None, None)),
        ({"generation": energies(1000.0)}, (None, None)),
        ({"generation": energies(None), "export": energies(5.0)}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_shares_of_own_sun(found: dict[Quantity, Energies], said: tuple[float | None, float | None]) -> None:
    assert shares(found) == said


@pytest.mark.parametrize(
    ("views", "tag", "view"),
    [
        ((BATCH, BATCH), "published", "published by a night's run"),
        ((SPEED,), "live", "live, provisional until the night"),
        ((BATCH, SPEED), "partly live", "published up to the last night, live from there on"),
    ],
)
def test_a_total_says_its_view(views: tuple[str, ...], tag: str, view: str) -> None:
    day = period_of("day", date(2026, 11, 26))
    (total,) = summary.totals({"generation": energies(1000.0, 800.0, views)}, day, ASKED, LABELS)
    assert (total.tag, dict(total.why)["View"]) == (tag, view)
    assert (total.amount, total.before, total.change) == (("1.0", "kWh"), ("800", "Wh"), "+25 %")


def test_what_has_nothing_to_be_compared_with_has_no_change() -> None:
    day = period_of("day", date(2026, 11, 26))
    for before in (None, 0.0):
        (total,) = summary.totals({"import": energies(1000.0, before)}, day, ASKED, LABELS)
        assert total.change == "–"


@pytest.mark.parametrize(
    ("kind", "english", "spanish"),
    [
        ("day", "Thursday 26 November 2026", "Jueves 26 de noviembre de 2026"),
        ("week", "23 Nov – 29 Nov 2026", "23 nov – 29 nov 2026"),
        ("month", "November 2026", "Noviembre de 2026"),
        ("year", "2026", "2026"),
    ],
)
def test_a_period_is_named_as_people_do(kind: Kind, english: str, spanish: str) -> None:
    period = period_of(kind, date(2026, 11, 26))
    assert kind in KINDS
    assert (summary.heading(period, EN), summary.heading(period, ES)) == (english, spanish)
