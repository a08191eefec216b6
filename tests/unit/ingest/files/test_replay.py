"""Lines for the replay: exactly as they stand, packed or not, broken files said; keys as the contract says."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingest.files.replay import ReplayError, keyed, lines
from ingest.publishing import bulk
from stack.cli import app

LIMIT = 1000
any_lines = st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"?")), max_size=10)


@given(any_lines, st.booleans(), st.booleans())
def test_lines_come_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, content: list[bytes], packed: bool, closed: bool
) -> None:
    raw = b"\n".join(content) + (b"\n" if closed and content else b"")
    path = tmp_path_factory.mktemp("replay") / "lines"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    if not packed and raw[:2] == b"\x1f\x8b":
        return
    expected = raw.removesuffix(b"\n").split(b"\n") if raw else []
    assert list(lines(path, LIMIT)) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(gzip.compress(b"x" * 500 + b"\n")[:-9], "can't be read", id="cut off gzip"),
        pytest.param(b"\x1f\x8bnot gzip", "can't be read", id="no gzip"),
        pytest.param(b"ok\n" + b"x" * (LIMIT + 1), "line 2: longer than the 1000 bytes", id="long line"),
    ],
)
def test_a_file_that_breaks_off_is_said(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "lines"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=reason):
        list(lines(path, LIMIT))


@pytest.mark.parametrize(
    ("topic", "line", "key"),
    [
        ("readings", b'{"installation_id": "h\\u00e9"}', "hé".encode()),
        ("prices", b'{"market": "spot"}', b"spot"),
        ("readings", b'{"installation_id": 7}', None),
        ("readings", b'{"installation_id": ""}', None),
        ("readings", b"[1]", None),
        ("readings", b"not json", None),
        ("readings", b"\xff\xfe", None),
        ("readings", b"", None),
        ("readings", b"[" * 100_000, None),
        ("quarantine", b'{"topic": "readings"}', None),
    ],
)
def test_keys(topic: str, line: bytes, key: bytes | None) -> None:
    assert keyed(topic, line) == (topic, key, line)


def test_no_broker_is_one_sentence_and_not_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ANSWER_SECONDS", 0.3)
    monkeypatch.setenv("SOLERA_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
    path = tmp_path / "lines.jsonl"
    path.write_text("{}\n")
    result = CliRunner().invoke(app, ["replay", str(path)])
    assert result.exit_code == 1
    assert "Kafka does not answer at 127.0.0.1:9" in result.output
    result = CliRunner().invoke(app, ["replay", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 1
    assert "There is no file" in result.output
