"""``solera nightly`` asks AEMET first, and goes on without it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from conf import Settings
from ingest.sources.aemet.client import AemetError
from ingest.sources.aemet.weather import NoMunicipality
from stack.commands.operate import nightly


def said(settings: Settings, patch: pytest.MonkeyPatch, answer: int | Exception) -> str:
    def ask(_settings: Settings, _told: object) -> int:
        if isinstance(answer, Exception):
            raise answer
        return answer

    patch.setattr(nightly, "ask_forecasts", ask)
    written = io.StringIO()
    console = Console(file=written, width=200)
    nightly._ask_for_weather(settings, console)
    return written.getvalue()


def test_without_a_key_nothing_is_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AEMET_API_KEY", raising=False)
    assert said(settings, monkeypatch, AemetError("must not be asked")) == ""


def test_what_aemet_gave_and_why_it_did_not_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEMET_API_KEY", "k")

    assert said(settings, monkeypatch, 1234) == "weather: 1,234 records from AEMET\n"
    assert "503. The forecast rests on the newest issue" in said(settings, monkeypatch, AemetError("503"))
    assert said(settings, monkeypatch, NoMunicipality("none")) == ""
