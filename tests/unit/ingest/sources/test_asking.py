"""The night asks the sources first, and goes on without them, whatever they answer."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime, timezone
from typing import Any

import pytest
import requests

from batch_layer.master.ask import sources_asked
from conf import Settings
from ingest.sources import asking, backfill, prices
from ingest.sources.aemet.client import AemetError
from ingest.sources.aemet.weather import NoMunicipality
from ingest.sources.prices import DAILY
from ingest.sources.source import Failures, Question, SourceAway, SourceError

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 0, 10, tzinfo=timezone.utc)
RECORD = {"location_id": "28065", "issued_at": "x", "time": "y"}


class Scripted:
    """A source whose questions answer what is listed."""

    topic = "weather"

    def __init__(self, *answers: list[dict[str, Any]] | Exception) -> None:
        self._answers = answers

    def missing(self, _first: date, _last: date) -> list[Question]:
        def answering(answer: list[dict[str, Any]] | Exception) -> Any:
            def fetch(_progress: object) -> list[dict[str, Any]]:
                if isinstance(answer, Exception):
                    raise answer
                return answer

            return fetch

        return [Question(f"question {n}", answering(answer)) for n, answer in enumerate(self._answers, start=1)]


def said(settings: Settings, patch: pytest.MonkeyPatch, source: Any) -> list[str]:
    def forecasts(_settings: Settings, _is_due: object) -> Any:
        if isinstance(source, Exception):
            raise source
        return source

    patch.setattr(asking, "Forecasts", forecasts)
    patch.setattr(asking, "LatestObservations", lambda _settings, _is_due: Scripted())
    patch.setattr(prices, "begun_with", lambda *_: None)
    patch.setattr(prices, "is_in_spain", lambda *_: False)
    words: list[str] = []
    asking.ask_sources(settings, NOW, words.append)
    return words


def test_without_a_key_or_prices_nothing_is_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AEMET_API_KEY", raising=False)
    assert said(settings, monkeypatch, AssertionError("must not be asked")) == []


def test_what_aemet_gave_and_why_it_did_not_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, published: list[Any]
) -> None:
    monkeypatch.setenv("AEMET_API_KEY", "k")
    assert said(settings, monkeypatch, Scripted([RECORD] * 24)) == ["weather: 24 records from AEMET"]
    assert len(published) == 24
    (word,) = said(settings, monkeypatch, AemetError("503"))
    assert word == "weather: 503. The night rests on the newest there is."
    assert "gave no forecast" in said(settings, monkeypatch, Scripted([], []))[0]
    assert said(settings, monkeypatch, NoMunicipality("none")) == []


@pytest.mark.parametrize(
    "error",
    [AttributeError("'NoneType' object has no attribute 'rstrip'"), KeyError("x"), ValueError("y"), RuntimeError("z"),
     requests.ConnectionError(), SourceAway("away")],
)  # fmt: skip
def test_no_error_whatsoever_of_a_source_ends_the_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception, published: list[Any]
) -> None:
    monkeypatch.setenv("AEMET_API_KEY", "k")
    assert said(settings, monkeypatch, Scripted(error))[0].startswith("weather: ")
    assert said(settings, monkeypatch, error)[0].startswith("weather: ")


def test_a_question_that_fails_is_said_and_the_next_is_asked() -> None:
    answer = requests.Response()
    answer.status_code = 503
    refused = requests.HTTPError(response=answer)
    source = Scripted([RECORD], SourceError("a bad day"), refused, requests.Timeout(), [RECORD], [])
    failures, words = Failures(), list[str]()
    answered = [name for name, _ in failures.answers(source.missing(TODAY, TODAY), words.append)]
    assert answered == ["question 1", "question 5", "question 6"]
    assert failures.names == ["question 2", "question 3", "question 4"]
    assert words == [
        "question 2: a bad day", "question 3: not answered (HTTP 503)", "question 4: no answer (Timeout)"
    ]  # fmt: skip


def test_three_connections_in_a_row_that_fail_are_a_source_that_is_away() -> None:
    source = Scripted(requests.ConnectionError(), [RECORD], *[requests.ConnectionError()] * 9)
    failures = Failures()
    with pytest.raises(SourceAway, match="3 times in a row"):
        list(failures.answers(source.missing(TODAY, TODAY), lambda _: None))
    assert len(failures.names) == 4


def test_a_backfill_publishes_what_is_answered_and_fails_for_the_rest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, published: list[Any]
) -> None:
    source = Scripted([RECORD], SourceError("a bad day"), [RECORD])
    monkeypatch.setitem(backfill.SOURCES, "omie", (lambda _: source,))
    with pytest.raises(backfill.BackfillError, match=r"Published 2 records; omie left open 1 questions, question 2"):
        backfill.backfill(settings, "omie", TODAY, TODAY, lambda _: None)
    assert len(published) == 2


def asked(program: str, seconds: float = 20.0) -> list[str]:
    words: list[str] = []
    with sources_asked(words.append, (sys.executable, "-c", program), seconds):
        words.append("the night's own start")
    return words


def test_the_night_reports_what_the_asking_process_says_and_how_it_ended() -> None:
    assert asked("print('weather: 3 records')") == ["the night's own start", "weather: 3 records"]
    assert "exit code 3" in asked("import sys; sys.exit(3)")[-1]


def test_a_process_that_hangs_is_left_after_its_time() -> None:
    began = time.monotonic()
    assert "not done after 0.5 s" in asked("import time; time.sleep(60)", 0.5)[-1]
    assert time.monotonic() - began < 10


def test_a_process_that_can_not_start_is_said() -> None:
    words: list[str] = []
    with sources_asked(words.append, ("/nowhere/python",)):
        words.append("the night's own start")
    assert words[0].startswith("sources: not asked")
    assert words[1:] == ["the night's own start"]


def test_the_process_itself_says_what_is_in_the_way_and_ends_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process; Cassandra is not there."""
    monkeypatch.setenv("SOLERA_HOME", str(settings.home))
    monkeypatch.setenv("SOLERA_PORT_OFFSET", str(settings.port_offset))
    monkeypatch.delenv("AEMET_API_KEY", raising=False)
    words: list[str] = []
    with sources_asked(words.append, seconds=60):
        pass
    assert [word.split(":")[0] for word in words] == [
        f"prices of {name}" for name, each in DAILY.items() if each.out and not each.key
    ]
    assert len(words) >= 2
    assert all("rests on the newest there is" in word for word in words)
