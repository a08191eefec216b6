"""The dated rules of the PVPC, against genuine and published prices."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conf.tariffs import tariffs
from energy.money.dated import NoRule
from energy.money.pvpc import market_factor, tolls
from tests.support.recorded import naming, recorded

MADRID = ZoneInfo("Europe/Madrid")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).astimezone(timezone.utc)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        pytest.param("2026-06-03T11:00", 97.553, id="2026-P1"),
        pytest.param("2026-06-03T08:00", 29.267, id="2026-P2"),
        pytest.param("2026-06-03T03:00", 3.292, id="2026-P3"),
        pytest.param("2025-12-31T20:30", 92.539, id="last-evening-of-2025"),
        pytest.param("2026-01-01T00:00", 3.292, id="first-hour-of-2026"),
        pytest.param("2024-05-15T12:00", 76.974, id="2024-P1"),
        pytest.param("2021-09-15T12:00", 133.118, id="last-day-of-the-charges-of-june"),
        pytest.param("2021-09-16T12:00", 27.378 + 4.133, id="charges-cut-in-september"),
        pytest.param("2022-03-30T12:00", 27.787 + 72.969, id="last-day-of-the-charges-of-january"),
        pytest.param("2022-03-31T12:00", 27.787 + 46.622, id="charges-cut-in-march"),
        pytest.param("2023-07-03T03:00", 0.980 + 2.195, id="2023-P3"),
    ],
)
def test_tolls_and_charges_by_date_and_period(local: str, expected: float) -> None:
    value, stands_in = tolls(tariffs(), at(local))
    assert value == pytest.approx(expected)
    assert not stands_in


def test_after_the_last_rule_the_last_known_one_stands_and_says_so() -> None:
    value, stands_in = tolls(tariffs(), at("2027-01-04T03:00"))
    assert value == pytest.approx(3.292)
    assert stands_in


@pytest.mark.parametrize("local", ["2020-01-01T00:00", "2021-05-31T12:00"])
def test_a_day_without_a_rule_is_refused_by_date(local: str) -> None:
    with pytest.raises(NoRule, match=local[:10]):
        tolls(tariffs(), at(local))


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        pytest.param("2023-12-31T23:00", 1.18, id="all-market"),
        pytest.param("2024-01-01T00:00", 0.75 * 1.18, id="2024"),
        pytest.param("2025-02-03T11:00", 0.60 * 1.167, id="2025"),
        pytest.param("2030-02-04T08:00", 0.45 * 1.163, id="from-2026"),
    ],
)
def test_share_of_the_market(local: str, expected: float) -> None:
    assert market_factor(tariffs(), at(local)) == pytest.approx(expected)


@pytest.mark.parametrize("path", recorded("esios", "PVPC_CURV_DD_2021_06_0*.json"), ids=naming)
def test_a_day_of_2021_has_these_tolls(path: Path) -> None:
    rows = json.loads(path.read_text("utf-8"))["PVPC"]
    assert len(rows) == 24
    for hour, row in enumerate(rows):
        value, _ = tolls(tariffs(), at(f"2021-06-{row['Dia'][:2]}T{hour:02d}:00"))
        assert value == pytest.approx(float(row["TEUPCB"].replace(",", ".")), abs=0.006)
