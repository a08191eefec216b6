"""Datadis as it behaves, on this machine: late, once a day, with errors inside good answers, and values that change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from conf import Settings
from energy.calendar import MADRID
from energy.topics import TOPICS
from ingest.publishing.message import message
from ingest.simulator.doors.datadis import rows_of, supply
from ingest.sources.budget import Budget
from ingest.sources.datadis import client
from ingest.sources.datadis.client import RULE, AskedTooSoon, Datadis, DatadisError, LoginRefused
from ingest.sources.datadis.consumption import Consumption
from ingest.sources.datadis.forms import curve
from ingest.sources.datadis.registered import Home, Month, Registered
from ingest.sources.source import Failures, Record, Unreadable
from ingest.sources.timetable import EVERY, is_due
from store.history.attempts import attempts_of, attempts_path
from tests.support.peers import edata_client
from tests.support.peers.datadis_service import Clock, Service, datadis_service

CUPS = "ES0189000048220011CR0F"
NIF, PASSWORD = "12345678Z", "secret"
ERROR = {"distributorCode": "2", "distributorName": "X", "errorCode": "1", "errorDescription": "down"}
SHARED = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data")) / "api" / "datadis" / "real_home_2022.json"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock, login: None) -> Iterator[Service]:
    with datadis_service(clock) as running:
        running.supplies = [supply(CUPS)]
        running.curves = {CUPS: lambda day, now: rows_of(day, CUPS, used) if known(day, now) else []}
        yield running


def used(start: datetime) -> float:
    """kWh of the hour; none is like another."""
    return round(int(start.timestamp() / 3600) % 5000 / 1000, 3)


def known(day: date, now: datetime) -> bool:
    """A distributor answers two days late."""
    return day <= now.astimezone(MADRID).date() - timedelta(days=2)


class Catalogue(Registered):
    """One home, and the months in which its devices lack something."""

    def __init__(self, home: Home, *holes: date) -> None:
        self._home, self._holes = home, holes

    def homes(self) -> list[Home]:
        return [self._home]

    def holes(self, asked: Iterable[Month]) -> set[Month]:
        return {month for month in asked if month[1] in self._holes}


def source(own: Settings, clock: Clock, cups: str = CUPS) -> Consumption:
    return Consumption(own, Catalogue(Home("casa", cups, "Europe/Madrid")), clock)


def asked(own: Settings, clock: Clock, first: date, last: date) -> tuple[list[Record], list[str], list[str]]:
    """Records, questions that failed, and what was said."""
    failures = Failures()
    said: list[str] = []
    answers = failures.answers(source(own, clock).missing(first, last), said.append)
    records = [record for _, records in answers for record in records]
    for record in records:
        TOPICS["intervals"].parse(message("intervals", record).value, clock.now + timedelta(minutes=1))
    return records, failures.names, said


def test_the_newest_month_comes_first_and_every_hour_is_the_meters(
    own: Settings, service: Service, clock: Clock
) -> None:
    records, failed, _ = asked(own, clock, date(2026, 1, 20), date(2026, 3, 15))
    assert failed == []
    months = list(dict.fromkeys(f"{record['start'].astimezone(MADRID):%Y-%m}" for record in records))
    assert months == ["2026-03", "2026-02", "2026-01"]
    assert len(records) == 24 * (31 + 28 + 13)
    for record in records:
        assert record["import_wh"] == pytest.approx(1000 * used(record["start"]))
        assert record["end"] - record["start"] == timedelta(hours=1)
        assert "export_wh" not in record
    assert {(record["installation_id"], record["meter_id"], record["source"]) for record in records} == {
        ("casa", CUPS, "datadis")
    }
    assert service.calls == 4


def test_what_was_asked_is_not_asked_again_within_a_day(own: Settings, service: Service, clock: Clock) -> None:
    span = (date(2026, 3, 1), date(2026, 3, 15))
    assert len(asked(own, clock, *span)[0]) == 13 * 24
    calls = service.calls
    clock.now += timedelta(hours=23)
    assert asked(own, clock, *span)[0] == []
    assert service.calls == calls
    clock.now += timedelta(minutes=61)
    assert len(asked(own, clock, *span)[0]) == 14 * 24
    assert service.wasted == 0


def test_a_value_that_changes_is_known_anew_and_one_that_stays_is_the_same(
    own: Settings, service: Service, clock: Clock
) -> None:
    span = (date(2026, 2, 1), date(2026, 3, 1))
    before = {record["start"]: record for record in asked(own, clock, *span)[0]}
    noon = datetime(2026, 2, 10, 12, tzinfo=MADRID)
    service.curves[CUPS] = lambda day, _: rows_of(day, CUPS, lambda at: 9.0 if at == noon else used(at))
    clock.now += timedelta(days=8)
    after = {record["start"]: record for record in asked(own, clock, *span)[0]}
    changed = [start for start in after if after[start] != before[start]]
    assert changed == [noon.astimezone(timezone.utc)]
    assert after[changed[0]]["import_wh"] == 9000.0
    assert after[changed[0]]["known_at"] - before[changed[0]]["known_at"] == timedelta(days=8)


def test_a_whole_month_is_left_alone_for_a_week(own: Settings, service: Service, clock: Clock) -> None:
    span = (date(2026, 2, 1), date(2026, 3, 1))
    counts = []
    for _ in range(16):
        counts.append(len(asked(own, clock, *span)[0]))
        clock.now += timedelta(days=1)
    assert [day for day, count in enumerate(counts) if count] == [0, 7, 14]
    assert service.wasted == 0


def by_the_timetable(own: Settings, clock: Clock, until: datetime, ask: Callable[[], object]) -> int:
    """Call ``ask`` whenever the day's watch has the sources asked, from now ``until``; how often that was."""
    count, last = 0, clock.now
    while clock.now < until:
        questions = attempts_of(own.home).get("datadis", {}).values()
        again = [each.again for each in questions if each.again is not None]
        clock.now = min([at for at in again if at > clock.now] + [last + EVERY])
        if is_due(last, clock.now, again):
            last, count = clock.now, count + 1
            ask()
    return count


def test_sixty_days_of_a_distributor_that_is_late_refuses_and_changes_its_mind(
    own: Settings, service: Service, clock: Clock
) -> None:
    """What is out is held on the first day that is answered: a refusal costs the day. What changes, within a week."""
    clock.now = begun = datetime(2026, 2, 28, 23, 10, tzinfo=timezone.utc)
    refuses = {date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 20)}
    changed = datetime(2026, 3, 10, 12, tzinfo=MADRID)

    def stated(day: date, now: datetime) -> list[dict[str, Any]]:
        has_changed = now - changed > timedelta(days=25)
        return (
            rows_of(day, CUPS, lambda at: 9.0 if at == changed and has_changed else used(at)) if known(day, now) else []
        )

    service.curves = {CUPS: stated}
    held: dict[datetime, date] = {}
    corrected: list[datetime] = []

    def ask() -> None:
        today = clock.now.astimezone(MADRID).date()
        is_bad = today in refuses and clock.now.astimezone(MADRID).hour < 12
        service.faults = [(500, ""), (503, "<html>")] * 9 if is_bad else []
        for record in asked(own, clock, today - timedelta(days=60), today + timedelta(days=1))[0]:
            held.setdefault(record["start"], today)
            if record["import_wh"] == 9000.0:
                corrected.append(clock.now)

    by_the_timetable(own, clock, begun + timedelta(days=60), ask)
    for number in range(57):
        day = date(2026, 3, 1) + timedelta(days=number)
        start = datetime.combine(day, datetime.min.time(), MADRID).astimezone(timezone.utc)
        hours = 23 if day == date(2026, 3, 29) else 24
        possible = day + timedelta(days=2)
        while possible in refuses:
            possible += timedelta(days=1)
        assert {held[start + timedelta(hours=n)] for n in range(hours)} == {possible}, day
    assert corrected
    assert corrected[0] - (changed + timedelta(days=25)) < timedelta(days=8)
    assert service.wasted == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param((500, ""), "HTTP 500, without a word", id="empty 500"),
        pytest.param((400, '{"message": "No se encuentra autorizado el cups"}'), "No se encuentra", id="400"),
        pytest.param((200, "<html>"), "no JSON", id="no JSON"),
        pytest.param((200, '{"other": 1}'), "holds no timeCurve", id="another answer"),
        pytest.param((200, json.dumps({"timeCurve": [], "distributorError": [ERROR]})), "X: down", id="distributor"),
        pytest.param((429, "Consulta ya realizada en las últimas 24 horas."), "within 24 hours", id="asked by another"),
    ],
)  # fmt: skip
def test_a_month_that_fails_is_said_and_the_next_asked(
    own: Settings, service: Service, clock: Clock, fault: tuple[int, str], said: str
) -> None:
    source(own, clock).missing(date(2026, 3, 1), date(2026, 3, 2))
    list(source(own, clock).missing(date(2026, 3, 1), date(2026, 3, 2)))  # the supplies
    service.faults = [fault]
    records, failed, told = asked(own, clock, date(2026, 2, 1), date(2026, 3, 2))
    assert failed == [f"{CUPS}-2026-03"]
    assert said in told[0]
    assert len(records) == 28 * 24
    kept = Budget(attempts_path(own.home, "datadis"), RULE).last(f"{CUPS}-2026-03")
    assert kept is not None
    assert kept.in_vain == (0 if fault[0] == 429 else 1)


REFUSED = (400, '{"message": "No se encuentra autorizado el cups introducido"}')


@pytest.mark.parametrize("fault", [(500, ""), (503, "<html>"), REFUSED, (200, "<html>")])
def test_a_question_that_failed_counts_and_is_asked_again_a_day_later(
    own: Settings, service: Service, clock: Clock, fault: tuple[int, str]
) -> None:
    span = (date(2026, 2, 1), date(2026, 3, 1))
    list(source(own, clock).missing(*span))  # the supplies
    service.faults = [fault]
    assert asked(own, clock, *span)[:2] == ([], [f"{CUPS}-2026-02"])
    calls = service.calls
    for _ in range(48):
        assert asked(own, clock, *span)[0] == []
        clock.now += timedelta(minutes=30)
    assert service.calls == calls
    clock.now += timedelta(minutes=1)
    assert len(asked(own, clock, *span)[0]) == 28 * 24
    assert service.wasted == 0


def test_a_question_that_was_sent_and_not_answered_in_time_counts(
    own: Settings, service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = (date(2026, 2, 1), date(2026, 3, 1))
    (question,) = source(own, clock).missing(*span)
    curve_of, is_over = service.curves[CUPS], threading.Event()
    service.curves = {CUPS: lambda day, now: curve_of(day, now) if is_over.wait(60) else []}
    with monkeypatch.context() as impatient:
        impatient.setattr(client, "TIMEOUT_S", 0.2)
        with pytest.raises(requests.ConnectionError, match="Read timed out"):
            question.fetch(print)
    is_over.set()
    clock.now += timedelta(hours=23, minutes=59)
    assert list(source(own, clock).missing(*span)) == []
    clock.now += timedelta(minutes=2)
    assert len(asked(own, clock, *span)[0]) == 28 * 24
    assert service.wasted == 0


def test_a_whole_month_that_was_not_answered_is_asked_the_next_day(
    own: Settings, service: Service, clock: Clock
) -> None:
    span = (date(2026, 2, 1), date(2026, 3, 1))
    counts = []
    for day in range(10):
        list(source(own, clock).missing(*span))  # the supplies
        service.faults = [(500, "")] if day == 7 else []
        counts.append(len(asked(own, clock, *span)[0]))
        clock.now += timedelta(days=1, minutes=2)
    assert [day for day, count in enumerate(counts) if count] == [0, 8]
    assert service.wasted == 0


def test_a_supply_in_whole_kwh_is_said(own: Settings, service: Service, clock: Clock) -> None:
    span = (date(2026, 2, 1), date(2026, 3, 1))
    assert asked(own, clock, *span)[2] == []
    service.curves = {CUPS: lambda day, _now: rows_of(day, CUPS, lambda at: at.hour % 3)}
    clock.now += timedelta(days=8)
    records, _, said = asked(own, clock, *span)
    assert {record["import_wh"] for record in records} == {0.0, 1000.0, 2000.0}
    assert said == [
        f"{CUPS}-2026-02: its hours are whole kWh: what that leaves out is `resolution` in `solera reconcile`"
    ]


def test_an_empty_month_and_a_cups_unseen_are_no_zeros(own: Settings, service: Service, clock: Clock) -> None:
    service.curves = {CUPS: lambda _day, _now: []}
    assert asked(own, clock, date(2026, 2, 1), date(2026, 3, 1)) == ([], [], [])
    service.curves = {}
    clock.now += timedelta(days=2)
    records, _, said = asked(own, clock, date(2026, 2, 1), date(2026, 3, 1))
    assert records == []
    assert "1 of its values can't be read" in said[0]


def test_a_month_that_gives_nothing_is_given_up(own: Settings, service: Service, clock: Clock) -> None:
    service.curves = {CUPS: lambda _day, _now: []}
    for _ in range(40):
        asked(own, clock, date(2026, 1, 1), date(2026, 2, 1))
        clock.now += timedelta(days=1, minutes=2)
    months = [path for path in service.asked if "2026%2F01" in path]
    assert len(months) == 1
    assert service.calls == RULE.given_up + 1 + 39  # with the supplies of every day


def test_a_month_that_is_given_up_is_asked_by_hand_once_a_day(own: Settings, service: Service, clock: Clock) -> None:
    service.curves = {CUPS: lambda _day, _now: []}
    span = (date(2026, 1, 1), date(2026, 2, 1))
    said = []
    for _ in range(14):
        said += asked(own, clock, *span)[2]
        clock.now += timedelta(days=1, minutes=2)
    assert [word for word in said if "given up" in word] == [
        f"{CUPS}-2026-01: given up, it was asked in vain 12 times; `solera backfill` asks it"
    ]
    home = Catalogue(Home("casa", CUPS, "Europe/Madrid"))
    calls = service.calls
    for _ in range(2):
        for question in Consumption(own, home, clock, is_by_hand=True).missing(*span):
            question.fetch(said.append)
    assert service.calls == calls + 2  # the supplies, and the month once
    assert service.wasted == 0


def test_months_in_which_devices_lack_something_come_first_however_old(
    own: Settings, service: Service, clock: Clock
) -> None:
    first, last = date(2024, 4, 1), date(2026, 3, 15)
    old, newer = date(2024, 6, 1), date(2025, 9, 1)
    catalogue = Catalogue(Home("casa", CUPS, "Europe/Madrid"), old, newer)
    months = [question.name[-7:] for question in Consumption(own, catalogue, clock).missing(first, last)]
    assert months[:4] == ["2025-09", "2024-06", "2026-03", "2026-02"]
    assert months[-1] == "2025-03"
    assert len(months) == 13 + 1


def test_what_was_not_published_is_asked_again(own: Settings, service: Service, clock: Clock) -> None:
    """The broker is away once Datadis has answered: its day later the month comes whole."""
    span = (date(2026, 2, 1), date(2026, 3, 1))
    for _ in Failures().answers(source(own, clock).missing(*span), print):
        break
    clock.now += timedelta(days=1, minutes=2)
    assert len(asked(own, clock, *span)[0]) == 28 * 24
    assert service.wasted == 0


@pytest.mark.parametrize("answer", [(500, "Bad credentials"), (401, ""), (403, "")])
def test_a_wrong_password_is_said_and_costs_no_question(
    own: Settings, service: Service, clock: Clock, answer: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.wrong_password = answer
    monkeypatch.setenv("DATADIS_PASSWORD", "wrong")
    with pytest.raises(LoginRefused, match="DATADIS_PASSWORD"):
        list(source(own, clock).missing(date(2026, 3, 1), date(2026, 3, 15)))
    monkeypatch.setenv("DATADIS_PASSWORD", PASSWORD)
    assert len(asked(own, clock, date(2026, 3, 1), date(2026, 3, 15))[0]) == 13 * 24
    monkeypatch.delenv("DATADIS_PASSWORD")
    clock.now += timedelta(days=2)
    with pytest.raises(LoginRefused, match="needs a login"):
        list(source(own, clock).missing(date(2026, 3, 1), date(2026, 3, 15)))


def test_a_token_that_has_lapsed_is_renewed_once(own: Settings, service: Service) -> None:
    datadis = Datadis(service.base, NIF, PASSWORD)
    datadis.ask("get-supplies-v2", {}, "supplies")
    service.token = ""
    with pytest.raises(AskedTooSoon):
        datadis.ask("get-supplies-v2", {}, "supplies")
    assert service.logins == 2
    service.faults = [(401, ""), (401, "")]
    with pytest.raises(DatadisError, match="401"):
        datadis.ask("get-supplies-v2", {}, "supplies")


def test_a_network_that_is_away_costs_no_question(own: Settings, service: Service, clock: Clock) -> None:
    asking = source(own, clock)
    (question,) = asking.missing(date(2026, 3, 1), date(2026, 3, 15))
    service.leave()
    with pytest.raises(requests.ConnectionError):
        question.fetch(print)
    asked_file = json.loads((own.home / "datadis" / "asked.json").read_text())
    assert list(asked_file) == ["supplies"]


def test_supplies_by_authorisation_and_others_registered_are_asked(
    own: Settings, service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATADIS_AUTHORISED_NIFS", "87654321X")
    service.supplies = [supply(""), supply("ES0000000000000000XX")]
    service.authorised = {"87654321X": [supply(CUPS[:20], pointType=3)]}
    service.curves = {CUPS[:20]: service.curves[CUPS]}
    assert len(asked(own, clock, date(2026, 3, 1), date(2026, 3, 15))[0]) == 13 * 24
    paths = [path for path in service.asked if "consumption" in path]
    assert all("measurementType=1" in path for path in paths)
    assert sum("authorizedNif=87654321X" in path for path in paths) == 1


def test_a_month_outside_a_supplys_time_is_not_asked(own: Settings, service: Service, clock: Clock) -> None:
    service.supplies = [supply(CUPS, validDateFrom="2026/02/10", validDateTo="2026/02/20")]
    asked(own, clock, date(2026, 1, 1), date(2026, 3, 15))
    assert [path for path in service.asked if "consumption" in path] == [
        path for path in service.asked if "startDate=2026%2F02" in path
    ]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)])
@pytest.mark.parametrize("style", ["by clock", "numbered", "from zero"])
def test_every_labelling_of_a_day_comes_back(day: date, style: str) -> None:
    with Unreadable("x", pytest.fail) as unreadable:
        periods = curve(rows_of(day, CUPS, used, style), 60, "Europe/Madrid", unreadable)
    begin = datetime(day.year, day.month, day.day, tzinfo=MADRID).astimezone(timezone.utc)
    assert [period.start for period in periods] == [begin + timedelta(hours=n) for n in range(len(periods))]
    assert len(periods) == {3: 23, 6: 24, 10: 25}[day.month]
    assert [period.energies["import_wh"] for period in periods] == [
        pytest.approx(1000 * used(period.start)) for period in periods
    ]


def test_a_row_of_midnight_beside_24_is_said_and_left_out() -> None:
    rows = rows_of(date(2026, 6, 1), CUPS, used)
    said: list[str] = []
    with Unreadable("x", said.append) as unreadable:
        periods = curve([{**rows[-1], "time": "00:00"}, *rows], 60, "Europe/Madrid", unreadable)
    assert len(periods) == 24
    assert "00:00, beside 24:00" in said[0]


def test_a_day_under_way_is_labelled_as_the_days_before_it() -> None:
    first, second = (rows_of(date(2026, 6, day), CUPS, used) for day in (1, 2))
    said: list[str] = []
    with Unreadable("x", said.append) as unreadable:
        periods = curve([*first, {**second[0], "time": "00:00"}, *second[:9]], 60, "Europe/Madrid", unreadable)
    assert [period.energies["import_wh"] for period in periods] == [
        pytest.approx(1000 * used(period.start)) for period in periods
    ]
    assert (len(periods), len(said)) == (33, 1)


@pytest.mark.parametrize(("asked", "there"), [(60, 15), (15, 60), (60, 60), (15, 15)])
def test_periods_are_as_long_as_their_labels_say(asked: int, there: int) -> None:
    row = {"cups": CUPS, "date": "2026/06/01", "obtainMethod": "Real", "consumptionKWh": 0.25}
    ends = range(there, 1441, there)
    rows = [{**row, "time": f"{end // 60:02}:{end % 60:02}"} for end in ends]
    with Unreadable("x", pytest.fail) as unreadable:
        periods = curve(rows, asked, "Europe/Madrid", unreadable)
    begin = datetime(2026, 6, 1, tzinfo=MADRID).astimezone(timezone.utc)
    assert [(each.start, each.minutes) for each in periods] == [
        (begin + timedelta(minutes=end - there), there) for end in ends
    ]


@pytest.mark.parametrize("value", [True, "1_0", "٣", "1.234,5", 10**400, "inf", -1])
def test_what_is_no_energy_costs_its_row(value: Any) -> None:
    rows = rows_of(date(2026, 6, 1), CUPS, used)
    said: list[str] = []
    with Unreadable("x", said.append) as unreadable:
        periods = curve([{**rows[0], "consumptionKWh": value}, *rows[1:]], 60, "Europe/Madrid", unreadable)
    assert (len(periods), len(said)) == (23, 1)


def test_quarter_hours_and_estimates(own: Settings) -> None:
    row = {"cups": CUPS, "date": "2026/06/01", "obtainMethod": "Estimada", "consumptionKWh": "0,25"}
    with Unreadable("x", pytest.fail) as unreadable:
        periods = curve([{**row, "time": "00:15"}, {**row, "time": "24:00"}], 15, "Europe/Madrid", unreadable)
    assert [f"{period.start:%d %H:%M}" for period in periods] == ["31 22:00", "01 21:45"]
    assert {(period.method, period.energies["import_wh"]) for period in periods} == {("estimated", 250.0)}


@pytest.mark.skipif(not SHARED.exists(), reason="SOLERA_SHARED_DATA names no folder")
def test_a_real_homes_months_come_back() -> None:
    real = json.loads(SHARED.read_text())["consumptions"]
    rows = []
    for each in real:
        at = datetime.fromisoformat(each["datetime"])
        said = {"consumptionKWh": each["value_kWh"], "obtainMethod": "Real" if each["real"] else "Estimada"}
        rows.append({"date": f"{at:%Y/%m/%d}", "time": f"{at.hour + 1:02}:00", **said})
    with Unreadable("x", pytest.fail) as unreadable:
        periods = curve(rows, 60, "Europe/Madrid", unreadable)
    naive = [f"{period.start.astimezone(MADRID):%Y-%m-%dT%H:%M:%S}" for period in periods]
    assert naive == [each["datetime"] for each in real]
    assert sum(period.energies["import_wh"] for period in periods) == pytest.approx(
        1000 * sum(each["value_kWh"] for each in real)
    )


@pytest.mark.skipif("SOLERA_EDATA" not in os.environ, reason="SOLERA_EDATA names no folder with e-data")
def test_edata_reads_the_same_hours(own: Settings, service: Service, clock: Clock, tmp_path: Path) -> None:
    span = ("2026-02-01", "2026-02-28T23:00:00")
    command = [sys.executable, edata_client.__file__, service.base, CUPS, *span, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.environ["SOLERA_EDATA"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert len(theirs) == 28 * 24
    ours = asked(own, clock, date(2026, 2, 1), date(2026, 3, 1))[0]
    local = [(f"{each['start'].astimezone(MADRID):%Y-%m-%dT%H:%M:%S}", each["import_wh"] / 1000) for each in ours]
    assert local == [(start, pytest.approx(kwh)) for start, kwh in theirs]


values: st.SearchStrategy[Any] = st.none() | st.text(max_size=8) | st.floats() | st.integers() | st.booleans()
any_row = values | st.fixed_dictionaries(
    {},
    optional={
        "date": values | st.sampled_from(["2026/10/25", "0001/01/01", "9999/12/31"]),
        "time": values | st.sampled_from(["00:00", "02:00", "03:00", "24:00", "25:00", "99:99"]),
        "consumptionKWh": values,
        "surplusEnergyKWh": values,
        "obtainMethod": values,
    },
)


@settings(deadline=None)
@given(st.lists(any_row, max_size=8))
def test_any_rows_are_read_or_counted(rows: list[Any]) -> None:
    with Unreadable("x", lambda _: None) as unreadable:
        periods = curve(rows, 60, "Europe/Madrid", unreadable)
    assert len(periods) <= len(rows)
    assert all(value >= 0 for period in periods for value in period.energies.values())
