"""One asks the sources at a time, and whoever has waited long enough is told."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from conf import Settings, load_settings
from ingest.sources import asking
from ingest.sources.alone import SourcesAsked, alone
from stack.commands.bring import backfill

NOW = datetime(2026, 11, 20, 22, tzinfo=timezone.utc)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


def test_the_second_waits_for_its_turn_and_gets_it(settings: Settings) -> None:
    with alone(settings, 0.0), pytest.raises(SourcesAsked, match="Ask again later"), alone(settings, 0.3):
        pass
    with alone(settings, 0.0):
        pass


def test_whoever_fails_frees_the_turn(settings: Settings) -> None:
    with pytest.raises(ValueError, match="no answer"), alone(settings, 0.0):
        raise ValueError("no answer")
    with alone(settings, 0.0):
        pass


def test_the_night_goes_on_without_its_turn(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BY_ITSELF_SECONDS", 0.1)
    said: list[str] = []
    with alone(settings, 0.0):
        asking.ask_sources(settings, NOW, said.append)
    assert [each for each in said if "being asked by the night or another command" in each] == said != []


def test_a_backfill_beside_the_night_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BY_HAND_SECONDS", 0.1)
    monkeypatch.setattr(backfill, "load_settings", lambda: settings)
    app = Typer()
    app.command()(backfill.backfill)
    with alone(settings, 0.0):
        answer = CliRunner().invoke(app, ["omie", "--from", "2025-10-01", "--to", "2025-10-02"])
    assert isinstance(answer.exception, SourcesAsked)
