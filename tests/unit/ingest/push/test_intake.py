"""The pace of a site, a full disk, and what the file of tokens may go through."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from conf import load_settings
from ingest.gateway.outbox import Outbox
from ingest.publishing.message import Message
from ingest.push.intake import Intake, IntakeFull, TooFast
from ingest.push.tokens import Site, Tokens, TokensDamaged, UnknownToken, tokens_file
from stack.cli import app
from tests.support.servers.push import push_server

MESSAGES = [Message("readings", b"finca", b"{}")] * 50
FINCA, CASA = Site("1", frozenset({"finca"})), Site("2", frozenset({"casa"}))


def test_a_site_keeps_its_pace_and_no_other_pays_for_it(tmp_path: Path) -> None:
    now = [0.0]
    outbox = Outbox(tmp_path / "outbox.sqlite", 1)
    intake = Intake(outbox, 10, lambda: None, lambda: now[0])
    for _ in range(2):
        intake.keep(FINCA, MESSAGES)
    with pytest.raises(TooFast, match="10 readings a second"):
        intake.keep(FINCA, MESSAGES)
    intake.keep(CASA, MESSAGES)
    now[0] += 0.2
    intake.keep(FINCA, MESSAGES)
    now[0] += 4.7
    with pytest.raises(TooFast):
        intake.keep(FINCA, MESSAGES[:1])
    now[0] += 0.2
    intake.keep(FINCA, MESSAGES[:1])
    assert outbox.count == intake.accepted == 201


def test_a_full_outbox_is_said_and_room_taken_again(tmp_path: Path) -> None:
    outbox, kept = Outbox(tmp_path / "outbox.sqlite", 1), []
    intake = Intake(outbox, 1e6, lambda: kept.append(1))
    outbox.keep([Message("readings", None, b"x" * 999_000)])
    with pytest.raises(IntakeFull, match="send them again"):
        intake.keep(FINCA, MESSAGES)
    assert (outbox.count, kept) == (1, [])
    assert "bound of 1 MB" in str(intake.error)
    outbox.delete(outbox.oldest(1))
    intake.keep(FINCA, MESSAGES)
    assert (outbox.count, kept, intake.error) == (50, [1], None)


def test_full_and_too_fast_are_problems_with_a_wait(tmp_path: Path) -> None:
    record = {"installation_id": "finca", "device_id": "m", "device_kind": "meter", "time": "2026-01-05T10:00:00Z"}
    with push_server(tmp_path, ["finca"], megabytes=0, per_second=1) as server:
        full = server.post([record])
        assert (full.status_code, full.headers["Retry-After"]) == (503, "60")
        server.post([record] * 10)
        fast = server.post([record])
        assert (fast.status_code, fast.headers["Retry-After"]) == (429, "10")
        assert fast.json()["type"] == "urn:solera:too-fast"


def test_the_command_makes_tokens_and_ends_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_HOME", str(tmp_path))
    settings = load_settings()
    made = CliRunner().invoke(app, ["admit", "finca", "casa"])
    token = made.stdout.strip().splitlines()[0]
    assert Tokens(settings).site(token).installations == {"finca", "casa"}
    assert "1 tokens no longer speak for finca" in CliRunner().invoke(app, ["admit", "finca", "--revoke"]).stdout
    assert Tokens(settings).site(token).installations == {"casa"}
    CliRunner().invoke(app, ["admit", "casa", "--revoke"])
    with pytest.raises(UnknownToken):
        Tokens(settings).site(token)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 1}', "null"])
def test_a_damaged_file_of_tokens_lets_nobody_in_and_says_so(tmp_path: Path, text: str) -> None:
    settings = load_settings(home=tmp_path)
    tokens_file(settings).parent.mkdir()
    tokens_file(settings).write_text(text)
    with pytest.raises(TokensDamaged, match=r"push\.json is damaged"):
        Tokens(settings).site("0" * 32)
