"""A report is whole, fresh or refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from store.instants import rfc3339
from store.reports import NoReport, read_report, write_report


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_report(tmp_path / "run" / "gateway.json", {"kept": 7})
    assert read_report(tmp_path / "run" / "gateway.json", "the gateway")["kept"] == 7
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["gateway.json"]


@pytest.mark.parametrize("content", ["", "{", "[]x"])
def test_an_unreadable_report_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "speed.json").write_text(content)
    with pytest.raises(NoReport, match="the speed layer has not reported"):
        read_report(tmp_path / "speed.json", "the speed layer")


def test_an_old_report_says_its_age(tmp_path: Path) -> None:
    then = datetime.now(timezone.utc) - timedelta(seconds=90)
    (tmp_path / "speed.json").write_text(json.dumps({"written_at": rfc3339(then)}))
    with pytest.raises(NoReport, match=r"last reported 9[0-9] s ago"):
        read_report(tmp_path / "speed.json", "the speed layer")
