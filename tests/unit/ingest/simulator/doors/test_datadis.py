"""A simulated world's distributor, asked by the source as the timetable has it, beside the world's truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conf import Settings, load_settings
from energy.calendar import MADRID, local_day
from ingest.simulator.doors import datadis
from ingest.simulator.doors.web import served
from ingest.simulator.truth.known import read_known
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.stated import TOO_LOW, Distributor, Hour, hours, is_down
from ingest.simulator.truth.world import Asked, read_world, write_world
from ingest.sources.datadis.client import AskedTooSoon, Datadis, DatadisError
from ingest.sources.datadis.consumption import Consumption
from ingest.sources.datadis.contract import contracts
from ingest.sources.datadis.registered import Home
from ingest.sources.source import Failures
from tests.support.peers.datadis_service import Clock
from tests.unit.ingest.sources.datadis.test_hours import Catalogue, by_the_timetable

CUPS = "ES0189000048220011CR0F"
CONTRACT = {
    "from": "2024-01-01", "access_tariff": "2.0TD", "territory": "peninsula", "power_kw": [4.6, 3.45],
    "energy": {"kind": "pvpc"}, "self_consumption": "41",
}  # fmt: skip
SITE = {
    "installation_id": "casa-1", "kind": "home", "capacity_kw": 4.0, "cups": CUPS, "time_zone": "Europe/Madrid",
    "contracts": [CONTRACT],
}  # fmt: skip
FIRST, DAYS = date(2026, 2, 27), 100
ASKED_DAYS = 62
"""Up to the world's last corrections, so that each is seen."""
NIF, PASSWORD = "12345678Z", "secret"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(parse_sites(SITE), Asked(FIRST, DAYS, 3600, 3), folder)
    return folder


@pytest.fixture
def clock() -> Clock:
    found = Clock()
    found.now = datetime(2026, 2, 28, 23, 10, tzinfo=timezone.utc)
    return found


@pytest.fixture
def service(world: Path, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Datadis of the world, and the settings that lead to it."""
    monkeypatch.setenv("DATADIS_USERNAME", NIF)
    monkeypatch.setenv("DATADIS_PASSWORD", PASSWORD)
    monkeypatch.delenv("DATADIS_AUTHORISED_NIFS", raising=False)
    asked, entries = read_world(world)
    made = datadis.of_world(entries, read_known(world), asked.seed, clock)
    with served([made.answer]) as server:
        monkeypatch.setenv("SOLERA_DATADIS__BASE", server.base)
        yield made, load_settings(home=tmp_path)


def distributor(world: Path) -> Distributor:
    asked, _ = read_world(world)
    return Distributor(CUPS, asked.seed, hours(read_known(world)["casa-1"].truth))


def up(day: date) -> date:
    """The first day from ``day`` on whose morning the service answers: the question is asked once a day, then."""
    while is_down(3, datetime.combine(day, time(1), MADRID)):
        day += timedelta(days=1)
    return day


def test_every_day_is_held_on_the_first_possible_one_corrected_within_a_week_and_no_call_wasted(
    service: tuple[datadis.Datadis, Settings], world: Path, clock: Clock
) -> None:
    made, settings = service
    home = Catalogue(Home("casa-1", CUPS, "Europe/Madrid"))
    held: dict[datetime, date] = {}
    right: dict[datetime, datetime] = {}
    last: dict[datetime, dict[str, Any]] = {}
    begun = clock.now

    def ask() -> None:
        today = clock.now.astimezone(MADRID).date()
        source = Consumption(settings, home, clock)
        questions = source.missing(today - timedelta(days=90), today + timedelta(days=1))
        for _, records in Failures().answers(questions, lambda _: None):
            for each in records:
                held.setdefault(each["start"], today)
                if each["method"] == "measured":
                    right.setdefault(each["start"], clock.now)
                last[each["start"]] = each

    by_the_timetable(settings, clock, begun + timedelta(days=90), ask)
    of, truth = distributor(world), hours(read_known(world)["casa-1"].truth)
    late, corrected = 0, 0
    for day in (date(2026, 3, 1) + timedelta(days=n) for n in range(ASKED_DAYS)):
        begin, end = local_day(day, MADRID)
        starts = [begin + timedelta(hours=n) for n in range((end - begin) // timedelta(hours=1))]
        assert len(starts) == (23 if day == date(2026, 3, 29) else 24)
        out = of.out_at(day).astimezone(MADRID).date()
        assert {held[start] for start in starts} == {up(out)}, day
        late += out > day + timedelta(days=2)
        if (at := of.corrected_at(day)) is not None and at < clock.now - timedelta(days=8):
            corrected += 1
            latest = up((at + timedelta(days=7)).astimezone(MADRID).date())
            assert all(at <= right[start] < local_day(latest, MADRID)[1] for start in starts), day
        for start in starts:
            if start in right:
                assert last[start]["import_wh"] == pytest.approx(truth[start].imported, abs=0.5)
                assert last[start]["export_wh"] == pytest.approx(truth[start].exported, abs=0.5)
                assert last[start]["self_consumption_wh"] == pytest.approx(truth[start].self_consumed, abs=0.5)
    assert late > 2
    assert corrected > 1
    assert any(is_down(3, begun + timedelta(days=n)) for n in range(90))
    assert made.wasted == 0


def test_the_same_question_is_refused_for_a_day(
    service: tuple[datadis.Datadis, Settings], world: Path, clock: Clock
) -> None:
    made, settings = service
    clock.now = distributor(world).out_at(date(2026, 2, 28)) - timedelta(hours=1)
    client = Datadis(settings.datadis.base, NIF, PASSWORD)
    month = {"cups": CUPS, "distributorCode": "2", "startDate": "2026/02", "endDate": "2026/02", "pointType": "5"}
    rows, word = client.ask("get-consumption-data-v2", month, "timeCurve")
    assert (len(rows), word) == (0, "")  # February's last day is not out
    clock.now += timedelta(hours=23, minutes=59)
    with pytest.raises(AskedTooSoon, match="Consulta ya realizada"):
        client.ask("get-consumption-data-v2", month, "timeCurve")
    clock.now += timedelta(days=1)
    rows, _ = client.ask("get-consumption-data-v2", month, "timeCurve")
    assert {row["date"] for row in rows} == {"2026/02/28"}
    assert made.wasted == 1


def test_a_question_that_failed_is_refused_for_a_day_too(
    service: tuple[datadis.Datadis, Settings], clock: Clock
) -> None:
    made, settings = service
    client = Datadis(settings.datadis.base, NIF, PASSWORD)
    made.faults = [(503, "")]
    with pytest.raises(DatadisError, match="HTTP 503"):
        client.ask("get-supplies-v2", {}, "supplies")
    clock.now += timedelta(hours=23)
    with pytest.raises(AskedTooSoon):
        client.ask("get-supplies-v2", {}, "supplies")
    clock.now += timedelta(hours=2)
    assert len(client.ask("get-supplies-v2", {}, "supplies")[0]) == 1
    assert made.wasted == 1


def test_a_day_is_stated_whole_or_not_and_an_estimate_is_too_low_until_it_is_corrected() -> None:
    begin, end = local_day(date(2026, 10, 25), MADRID)
    true = {begin + timedelta(hours=n): Hour(100.0 + n, 10.0, 1.0) for n in range(25)}
    for seed in range(60):
        of = Distributor("x", seed, true)
        out, right = of.out_at(date(2026, 10, 25)), of.corrected_at(date(2026, 10, 25))
        assert of.stated(date(2026, 10, 25), out - timedelta(seconds=1)) == {}
        first = of.stated(date(2026, 10, 25), out)
        assert sorted(first) == sorted(true)
        share = 1.0 if right is None else TOO_LOW
        assert all(first[start].hour.imported == true[start].imported * share for start in true)
        if right is not None:
            assert all(each.is_measured for each in of.stated(date(2026, 10, 25), right).values())
    assert of.stated(date(2026, 10, 26), end + timedelta(days=30)) == {}


def test_a_contract_is_stated_as_the_catalogue_has_it(service: tuple[datadis.Datadis, Settings]) -> None:
    _, settings = service
    client = Datadis(settings.datadis.base, NIF, PASSWORD)
    rows, _ = client.ask("get-contract-detail-v2", {"cups": CUPS, "distributorCode": "2"}, "contract")
    (stated,) = contracts(rows)
    assert (stated.cups, stated.tariff, stated.since, stated.until) == (CUPS, "2.0TD", date(2024, 1, 1), None)
    assert [float(power) for power in stated.power_kw] == [4.6, 3.45]
    assert (stated.self_consumption, stated.maximeter, float(stated.installed_kw or 0)) == ("41", False, 4.0)
