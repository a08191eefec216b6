"""An hour's outage of each source, as the day's watch lives through it: nothing is lost, and few calls are made.

The sources answer from servers on this machine, what they answer is recorded; who asks is the code of the night.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf import Settings, load_settings
from conf.sections import AemetSettings, SourceSettings
from energy.calendar import MADRID
from ingest.sources import asking, backfill, omie, prices
from ingest.sources.aemet import weather
from ingest.sources.aemet.client import AemetError
from ingest.sources.budget import ONCE, Budget, Came, Rule
from ingest.sources.source import Failures
from ingest.sources.timetable import is_due, is_out
from store.history.attempts import attempts_of, attempts_path
from store.history.sources import sources as views
from tests.support.peers.aemet_service import Service as Aemet
from tests.support.peers.aemet_service import aemet_service
from tests.support.recorded import HAND_MADE, aemet_answer
from tests.unit.ingest.sources.test_price_sources import Sources

DAY = date(2026, 3, 29)
"""Clocks go forward: 23 hours."""
EVE = datetime(2026, 3, 28, tzinfo=MADRID)
PVPC = "/archives/70/download_json"
CODE = "15030"
HOUR, LOOK = timedelta(hours=1), timedelta(seconds=30)
"""``LOOK``: how often the watch looks whether something is due."""


@pytest.fixture
def own(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A platform in Spain that has held prices up to the eve; what it holds beside is what was published."""
    monkeypatch.setattr(prices, "begun_with", lambda *_: EVE.date())
    monkeypatch.setattr(prices, "missing_days", lambda _settings, _name, days: [day for day in days if day == DAY])
    return load_settings(home=tmp_path)


def live(
    own: Settings, ask: Callable[[datetime], object], begin: datetime, until: datetime, look: timedelta = LOOK
) -> None:
    """Have ``ask`` called as the day's watch would."""
    last = now = begin
    while now < until:
        now += look
        questions = [each for of in attempts_of(own.home).values() for each in of.values()]
        if is_due(last, now, [each.again for each in questions if each.again is not None]):
            last = now
            ask(now)


def published_day(sources: Sources) -> None:
    """Let the server have the recorded day."""
    marginal, pvpc = HAND_MADE / "omie" / "marginalpdbc_20260329.1", HAND_MADE / "esios" / "PVPC_20260329.json"
    sources.answers = {
        (omie.DOWNLOAD, marginal.name): (200, marginal.read_bytes()),
        (PVPC, "2026-03-29"): (200, pvpc.read_bytes()),
    }


@pytest.mark.parametrize("fault", [(503, b"<html>down</html>"), (500, b""), (200, b"<html>"), (404, b"")])
@pytest.mark.parametrize(("name", "out", "count"), [("omie", time(14), 2 * 92), ("pvpc", time(20, 30), 5 * 23)])
def test_an_hour_without_prices_at_their_time_loses_none(
    own: Settings, sources: Sources, published: list[Any], name: str, out: time, count: int, fault: tuple[int, bytes]
) -> None:
    begin = datetime.combine(EVE.date(), out, MADRID)

    def ask(now: datetime) -> None:
        if now < begin + HOUR:
            sources.answers = {(omie.DOWNLOAD, f"marginalpdbc_20260329.{n}"): fault for n in range(1, 10)}
            sources.answers[(PVPC, "2026-03-29")] = fault
        else:
            published_day(sources)
        asking.ask_prices(own, name, now, said.append)

    said: list[str] = []
    live(own, ask, begin - 3 * HOUR, begin - LOOK)
    assert sources.asked == []  # nothing is out yet
    live(own, ask, begin - LOOK, begin + 2 * HOUR)
    assert len(published) == len({message.value for message in published}) == count
    # Four questions: at once, and after 15, 30 and 60 min; each tried four times, OMIE's for up to nine versions.
    calls = len(sources.asked)
    assert calls <= 4 * 9
    live(own, ask, begin + 2 * HOUR, begin + 26 * HOUR)
    assert len(sources.asked) == calls  # what was answered is not asked again
    (known,) = views(own.home)
    assert (known.source, known.open, known.given_up, known.next) == (name, 0, 0, None)
    assert known.answered is not None
    assert known.answered - (begin + HOUR) <= timedelta(minutes=15)
    assert said[-1] == f"prices of {name}: {count} records"


def test_a_day_that_is_never_there_is_asked_ever_less_and_given_up(
    own: Settings, sources: Sources, published: list[Any]
) -> None:
    begin = datetime.combine(EVE.date(), time(14), MADRID)
    at: list[datetime] = []
    said: list[str] = []

    def ask(now: datetime) -> None:
        before = len(sources.asked)
        failures = Failures(Budget(attempts_path(own.home, "omie"), ONCE), now)
        source = prices.PriceSource(own, "omie", lambda day: Budget(path, ONCE).is_due(f"{day}", now))
        backfill.ask(own, source, (DAY, DAY + timedelta(days=1)), said.append, failures)
        at.extend([now] * (len(sources.asked) > before))

    path = attempts_path(own.home, "omie")
    live(own, ask, begin - LOOK, begin + timedelta(days=30), 10 * LOOK)
    assert len(at) == ONCE.given_up
    assert all(later - earlier <= other - later for earlier, later, other in zip(at, at[1:], at[2:], strict=False))
    assert sum("given up" in word for word in said) == 1
    assert published == []
    (known,) = views(own.home)
    assert (known.open, known.given_up, known.answered) == (0, 1, None)
    published_day(sources)
    assert backfill.backfill(own, "omie", DAY, DAY + timedelta(days=1), said.append) == 2 * 92
    assert views(own.home)[0].given_up == 0


def test_a_network_that_is_away_is_no_step_to_giving_up(own: Settings, sources: Sources, published: list[Any]) -> None:
    now = datetime.combine(EVE.date(), time(14), MADRID)
    cut_off = own.model_copy(update={"omie": SourceSettings(base="http://127.0.0.1:9")})
    for _ in range(2 * ONCE.given_up):
        asking.ask_prices(cut_off, "omie", now, print)
        now += HOUR
    last = Budget(attempts_path(own.home, "omie"), ONCE).last(f"{DAY}")
    assert last is not None
    assert (last.in_vain, last.again) == (0, now - HOUR + ONCE.refused[0])
    published_day(sources)
    asking.ask_prices(own, "omie", now, print)
    assert len(published) == 2 * 92


@pytest.fixture
def aemet(own: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aemet]:
    monkeypatch.setattr(weather, "_municipalities", lambda _settings: ["28079", CODE])
    patient = weather._aemet
    monkeypatch.setattr(weather, "_aemet", lambda of: replace(patient(of), sleep=lambda _seconds: None))
    monkeypatch.setenv("AEMET_API_KEY", "secret")
    with aemet_service() as service:
        for code in ("28079", CODE):
            for kind in ("horaria", "diaria"):
                answer = aemet_answer(HAND_MADE / "aemet" / f"{kind}_{CODE}.json")
                service.answers[f"/prediccion/especifica/municipio/{kind}/{code}"] = answer
        yield service


def test_an_hour_without_aemet_after_midnight_costs_no_days_issue(
    own: Settings, aemet: Aemet, published: list[Any]
) -> None:
    settings = own.model_copy(update={"aemet": AemetSettings(base=aemet.base, per_minute=10_000)})
    midnight = datetime(2026, 3, 28, tzinfo=timezone.utc)
    said: list[str] = []
    came: list[datetime] = []

    def ask(now: datetime) -> None:
        aemet.away = midnight <= now < midnight + HOUR
        try:
            asking.ask_weather(settings, now, said.append)
        except AemetError as error:
            said.append(str(error))
        came.extend([now] * (len(published) > 0 and not came))

    live(own, ask, midnight - LOOK, midnight + timedelta(hours=23))
    assert len(published) == 2 * (64 + 4)
    assert came[0] - (midnight + HOUR) <= timedelta(minutes=15)
    # Once three questions in a row are unanswered the rest is not asked: it is due, and comes, a little earlier.
    assert [word for word in said if word.startswith("weather")] == said[-2:]
    assert len(said) <= 8
    published.clear()
    live(own, ask, midnight + timedelta(hours=23), midnight + timedelta(hours=25))
    assert len(published) == 2 * (64 + 4)  # the next day's issue, once


RULES = st.builds(
    Rule,
    hold=st.timedeltas(timedelta(minutes=1), timedelta(days=3)),
    nothing=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=1)), min_size=1, max_size=5).map(tuple),
    refused=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=1)), min_size=1, max_size=5).map(tuple),
    given_up=st.integers(1, 6),
)


@hypothesis.settings(deadline=None, max_examples=60)
@given(RULES, st.lists(st.tuples(st.sampled_from(Came), st.booleans(), st.timedeltas(timedelta(0), timedelta(days=2)))))
def test_any_course_of_a_question_is_kept_and_bounded(rule: Rule, course: list[tuple[Came, bool, timedelta]]) -> None:
    with TemporaryDirectory() as folder:
        path, now, in_vain = Path(folder) / "asked.json", datetime(2026, 3, 28, tzinfo=timezone.utc), 0
        for came, is_begun, later in course:
            budget, now = Budget(path, rule), (now + later).replace(microsecond=0)
            if is_begun:
                budget.begin("q", now)
            is_given_up = budget.end("q", now, "said", came)
            in_vain = {Came.ANSWER: 0, Came.NOTHING: in_vain + 1, Came.REFUSED: in_vain + 1}.get(came, in_vain)
            assert is_given_up is (in_vain >= rule.given_up)
            again = Budget(path, rule)
            last = again.last("q")
            assert last is not None
            assert last.in_vain == in_vain
            assert (again.wait("q", now) is None) is is_given_up
            assert is_given_up or not again.is_due("q", now)
            assert last.again is None or again.is_due("q", last.again)


@pytest.mark.parametrize("text", ["", "[]", '{"q": 1}', '{"q": {"at": "x"}}', "\x00"])
def test_a_damaged_file_is_set_aside_and_known_to_nobody(tmp_path: Path, text: str) -> None:
    path = attempts_path(tmp_path, "omie")
    path.parent.mkdir()
    path.write_text(text)
    assert attempts_of(tmp_path) == {}
    assert Budget(path, ONCE).last("q") is None
    assert len(list(path.parent.glob("asked.json.damaged-*"))) == 1


def test_the_notes_of_an_older_home_still_hold(tmp_path: Path) -> None:
    path = attempts_path(tmp_path, "datadis")
    path.parent.mkdir()
    path.write_text(json.dumps({"q": {"at": "2026-03-28T00:10:00Z", "outcome": "720 periods", "in_vain": 0}}))
    at = datetime(2026, 3, 28, 0, 10, tzinfo=timezone.utc)
    assert not Budget(path, ONCE).is_due("q", at + timedelta(hours=24))
    assert Budget(path, ONCE).is_due("q", at + timedelta(hours=24, minutes=1))


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        pytest.param((13, 45), (13, 59), False, id="before OMIE"),
        pytest.param((13, 45), (14, 0), True, id="OMIE"),
        pytest.param((14, 0), (14, 5), False, id="asked already"),
        pytest.param((20, 15), (20, 30), True, id="PVPC"),
        pytest.param((10, 0), (10, 29), False, id="within the half-hour"),
        pytest.param((10, 0), (10, 30), True, id="every half-hour"),
        pytest.param((17, 0), (17, 7), True, id="a question may be asked again"),
    ],
)
@pytest.mark.parametrize("day", [EVE.date(), DAY, date(2026, 10, 25)])
def test_when_the_sources_are_asked(day: date, last: tuple[int, int], now: tuple[int, int], expected: bool) -> None:
    before, at, again = (datetime.combine(day, time(*each), MADRID) for each in (last, now, (17, 5)))
    assert is_due(before, at, [again]) is expected


def test_a_days_prices_are_out_the_day_before_by_madrids_clock() -> None:
    assert not is_out(DAY, time(14), datetime(2026, 3, 28, 12, 59, tzinfo=timezone.utc))
    assert is_out(DAY, time(14), datetime(2026, 3, 28, 13, 0, tzinfo=timezone.utc))
    assert is_out(date(2026, 7, 2), time(20, 30), datetime(2026, 7, 1, 18, 30, tzinfo=timezone.utc))
