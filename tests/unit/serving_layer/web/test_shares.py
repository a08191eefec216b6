"""A member's share in numbers and words, and the kept agreement it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from cassandra.util import Date
from hypothesis import given
from hypothesis import strategies as st

from energy.money.billing.bill import NOT_INCLUDED
from energy.money.community.agreement import Agreement, Version
from energy.money.community.hours import hours_of
from energy.money.community.settled import CONDITIONAL
from ingest.catalogue.agreement import rows as kept_rows
from serving_layer.views.money import kept_agreement
from serving_layer.views.money.community import NotShared
from serving_layer.web.sharing import shares
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES

MADRID = ZoneInfo("Europe/Madrid")
KEPT = datetime(2026, 1, 1, tzinfo=timezone.utc)
FIXED = Version(date(2026, 1, 1), {"ana": 400_000, "bea": 600_000})
HOURLY = Version(date(2026, 6, 1), {}, {2026: {"ana": [250_000] * hours_of(2026), "bea": [750_000] * hours_of(2026)}})


@given(st.lists(st.floats(0, 1e6), max_size=30), st.integers(0, 3))
def test_rounded_parts_add_up_to_the_rounded_sum_and_none_is_a_whole_unit_off(values: list[float], digits: int) -> None:
    rounded = shares.together(values, digits)
    assert sum(round(each * 10**digits) for each in rounded) == round(sum(each * 10**digits for each in values))
    assert all(abs(a - b) <= 10**-digits * 1.001 for a, b in zip(rounded, values, strict=True))


class Row(NamedTuple):
    since: Date
    installation_id: str
    year: int
    betas: list[int]
    generation: str
    hours: str
    time_zone: str


class Holds(NamedTuple):
    holds: datetime


class Rows:
    """The table, as a reader gives it."""

    def __init__(self, of: Agreement) -> None:
        self._rows = [Row(Date(row[1]), *row[2:]) for row in kept_rows("valle", "roof", of)]

    def rows(self, _: str, *values: Any) -> Sequence[Row | Holds]:
        return [Holds(KEPT)] if values == ("valle",) else self._rows if values == ("valle", KEPT) else []

    def kept(self, _: str, __: float, load: Any) -> Any:
        return load()


@pytest.mark.parametrize("versions", [(FIXED,), (HOURLY,), (FIXED, HOURLY)])
def test_an_agreement_that_was_kept_is_read_as_it_was(versions: tuple[Version, ...]) -> None:
    of = Agreement(versions, MADRID, "clock")
    found = kept_agreement.kept(Rows(of), "valle")  # type: ignore[arg-type]
    assert found == ("roof", of)
    with pytest.raises(NotShared, match="No agreement of other is kept"):
        kept_agreement.kept(Rows(of), "other")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2025, 12, 31), (None, None, False)),
        (date(2026, 1, 1), (0.4, date(2026, 1, 1), False)),
        (date(2026, 6, 1), (0.25, date(2026, 6, 1), True)),
        (date(2027, 1, 1), (None, date(2026, 6, 1), True)),
    ],
)
def test_a_coefficient_holds_from_its_day(day: date, said: tuple[float | None, date | None, bool]) -> None:
    assert shares.coefficient(Agreement((FIXED, HOURLY), MADRID), "ana", day) == said


def changed(why: str, before: str | None, after: str | None) -> Iterator[dict[str, Any]]:
    euros = {
        name: None if value is None else Decimal(value)
        for name, value in (("before_eur", before), ("after_eur", after))
    }
    yield {"month": date(2026, 10, 1), "changes": [euros | {"why": why, "changed_hours": 5, "run_id": "x"}]}


def test_a_change_says_what_it_was_and_why() -> None:
    assert shares.changes(changed("use", "41.20", "40.05"), EN) == [
        "October 2026: 41.20 € became 40.05 €, because your use was stated otherwise (5 hours)"
    ]
    assert shares.changes(changed("agreement, use", None, "40.05"), ES) == [
        "octubre de 2026: 5 horas tienen otros valores, porque se comunicó otro consumo, porque rige otro acuerdo"
    ]


@given(*(st.floats(0, 1e6) for _ in range(3)))
def test_bars_are_as_long_as_what_they_show(own: float, left: float, grid: float) -> None:
    of = shares.Share(own + left, own, left, grid)
    assert 0 <= of.part <= 1
    longest = max(of.width(own) + of.width(left), of.width(own) + of.width(grid))
    assert longest == pytest.approx(100.0 if own + left + grid else 0.0)


def test_why_a_month_has_no_euros_is_said_in_the_language() -> None:
    whole = {"hours": 744, "known_hours": 744}
    for note, name in shares.NOTES.items():
        assert shares.note(whole | {"note": note}, ES) == ES.pages[name]
    assert shares.note(whole | {"note": "no contract"}, EN) == "no contract"
    assert shares.note(whole | {"note": None}, EN) == ""
    lacking = {"hours": 744, "known_hours": 700, "note": "incomplete"}
    assert shares.note(lacking, ES) == "faltan horas; 700 de 744 horas conocidas"


def test_what_the_bill_of_a_month_leaves_out_is_said_in_the_language() -> None:
    row = {"hours": 744, "known_hours": 744, "note": f"{NOT_INCLUDED}excess power (why), reactive energy (why)"}
    assert shares.note(row, EN) == "Not included: Excess power, Reactive energy"
    depends = row | {"note": f"{CONDITIONAL}; {NOT_INCLUDED}reactive energy (why)"}
    assert shares.note(depends, ES) == f"{ES.pages['note_conditional']}; No incluye: Energía reactiva"


def test_how_much_of_a_month_is_estimated_is_said_where_any_is() -> None:
    row = {"estimated_hours": 3, "estimated_assigned_wh": 1200.0, "estimated_grid_wh": 800.0}
    assert shares.estimated(row, EN) == "3 hours estimated: 1.2 kWh of the share, 800 Wh from the grid"
    assert shares.estimated(row, ES) == "3 horas estimadas: 1,2 kWh de la parte, 800 Wh de la red"
    for hours in (0, None):
        assert shares.estimated(row | {"estimated_hours": hours}, EN) == ""
