"""Three views side by side: whatever they hold, the parts sum to the differences and the days to the whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from energy.energy_row import EnergyRow
from energy.reconcile import CAUSES
from serving_layer.views.late import Later
from serving_layer.views.reconcile import COLUMNS, COMPARED, VIEWS, Line, flat, lines_of

MADRID = ZoneInfo("Europe/Madrid")
CLOCKS_BACK = datetime(2025, 10, 25, 20, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
NOTHING = Later({}, {})


def row(n: int, mwh: int, complete: float = 1.0, method: str = "measured", cause: str = "") -> EnergyRow:
    wh = mwh / 1000
    return EnergyRow("import", CLOCKS_BACK + n * QUARTER, wh, complete, method, wh, wh, cause)


def lines(later: Later = NOTHING, whole_kwh: tuple[date, ...] = (), **views: list[EnergyRow]) -> list[Line]:
    return list(lines_of("import", {view: views.get(view, []) for view in VIEWS}, later, MADRID, whole_kwh))


_rows = st.lists(
    st.builds(
        row,
        st.integers(0, 140),
        st.integers(0, 10**6),
        st.sampled_from([1.0, 0.5]),
        st.sampled_from(["measured", "spread", "official"]),
        st.sampled_from(["", "gap", "reset"]),
    ),
    max_size=12,
    unique_by=lambda each: each.start,
)
_changes = st.dictionaries(st.integers(0, 140).map(lambda n: CLOCKS_BACK + n * QUARTER), st.integers(-(10**6), 10**6))


@settings(max_examples=250, deadline=None)
@given(_rows, _rows, _rows, _changes, _changes, st.sampled_from([(), (date(2025, 10, 1),)]))
def test_parts_sum_to_differences_and_days_to_the_whole(
    speed: list[EnergyRow],
    batch: list[EnergyRow],
    official: list[EnergyRow],
    late: dict[datetime, int],
    refused: dict[datetime, int],
    whole_kwh: tuple[date, ...],
) -> None:
    found = lines(Later({"import": late}, {"import": refused}), whole_kwh, speed=speed, batch=batch, official=official)
    held = {"speed": speed, "batch": batch, "official": official}
    for line in found:
        of_day = {
            view: [r for r in rows if line.day in (None, r.start.astimezone(MADRID).date())]
            for view, rows in held.items()
        }
        for view, rows in of_day.items():
            assert line.mwh[view] == (sum(round(r.energy_wh * 1000) for r in rows) if rows else None)
        for each in line.compared:
            assert each.mwh == (line.mwh[each.second] or 0) - (line.mwh[each.first] or 0) == sum(each.parts.values())
    days, whole = [line for line in found if line.day], [line for line in found if line.day is None]
    assert len(whole) == bool(speed or batch or official)
    for line in whole:
        for each in line.compared:
            parts = [c.parts for day in days for c in day.compared if (c.first, c.second) == (each.first, each.second)]
            for cause in CAUSES:
                assert sum(p.get(cause, 0) for p in parts) == each.parts.get(cause, 0)
    for printed in flat(found):
        assert set(printed) == set(COLUMNS)


def test_a_day_of_25_hours_is_one_day() -> None:
    (_, long_day, _, _) = lines(batch=[row(n, 1000) for n in range(120)], speed=[row(n, 1000) for n in range(120)])
    assert (long_day.day, long_day.mwh["batch"]) == (date(2025, 10, 26), 100_000)
    assert [(each.mwh, each.parts) for each in long_day.compared] == [(0, {})]


def test_what_came_after_the_night_is_late_in_the_batch_view() -> None:
    later = Later({"import": {CLOCKS_BACK: 700}}, {})
    line = lines(later, speed=[row(0, 1700)], batch=[row(0, 1000)], official=[row(0, 1750)])[0]
    assert {(each.first, each.second): each.parts for each in line.compared} == {
        ("speed", "batch"): {"late": -700},
        ("batch", "official"): {"late": 700, "meter": 50},
    }


def test_an_official_curve_in_whole_kwh_is_compared_by_its_resolution_alone() -> None:
    ours = [row(n, 90_000) for n in range(4)]
    stated = [row(n, 0, method="spread") for n in range(4)]
    line = lines(NOTHING, (date(2025, 10, 1),), speed=[row(0, 50_000), *ours[1:]], batch=ours, official=stated)[0]
    assert {(each.first, each.second): each.parts for each in line.compared} == {
        ("speed", "batch"): {"meter": 40_000},
        ("batch", "official"): {"resolution": -360_000},
    }


def test_nothing_is_compared_with_what_nobody_stated() -> None:
    assert [(each.first, each.second) for each in lines(batch=[row(0, 5)])[0].compared] == [COMPARED[0]]
