"""A night for which HDFS has no room says so in a sentence."""

from __future__ import annotations

import pytest
from pyspark.errors import PySparkException

from batch_layer import entry, nightly, runs
from batch_layer.runs import RunError
from conf import load_settings


@pytest.mark.parametrize("words", entry.NO_ROOM)
def test_no_room_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    def refuse(*_: object) -> None:
        raise PySparkException(f"Job aborted: {words} 1 minReplication nodes …")

    monkeypatch.setattr(runs, "alone", refuse)
    with pytest.raises(RunError, match="its disk is full"):
        nightly.nightly(None, load_settings())  # type: ignore[arg-type]


def test_other_failures_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PySparkException("a column is missing")

    monkeypatch.setattr(runs, "alone", refuse)
    with pytest.raises(PySparkException, match="a column is missing"):
        nightly.nightly(None, load_settings())  # type: ignore[arg-type]
