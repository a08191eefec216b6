"""What ``solera backtest`` refuses before it does any work, and how it says what was changed in a history."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from batch_layer.backtest.task import Result
from batch_layer.forecasting.histories.history import Repairs
from conf.refusal import Refusal
from stack.commands.bring import backtest as command
from stack.tables import backtest


@pytest.mark.parametrize(
    ("out", "engine", "decimal", "said"),
    [
        ("nowhere/out.csv", "both", ".", "there is no folder"),
        (".", "both", ".", "this is a folder"),
        ("out.csv", "prophet", ".", "--engine prophet: there are mllib, xgboost, both."),
        ("out.csv", "", ".", "there are mllib"),
        ("out.csv", "mllib", ";", "--decimal ;"),
    ],
)
def test_options_that_cannot_work_are_refused_first(
    tmp_path: Path, out: str, engine: str, decimal: str, said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        command._check(tmp_path / out, engine, decimal)


@pytest.mark.parametrize("engine", ["mllib", "xgboost", "both"])
def test_options_that_can_work_pass(tmp_path: Path, engine: str) -> None:
    command._check(tmp_path / "out.csv", engine, ",")


def test_what_was_changed_is_shown_by_series() -> None:
    text = io.StringIO()
    repairs = {
        "whole": Repairs(known=100),
        "torn": Repairs(known=100, unreadable=3, negative=41, averaged=7),
        "new": Repairs(known=100, scaled=24, unit=1000.0),
    }

    backtest._show_repairs(Console(file=text, width=200), Result(pd.DataFrame(), (0.5,), [], repairs))

    lines = text.getvalue()
    rows = [line for line in lines.splitlines() if "│" in line]
    assert not any("whole" in row for row in rows)
    assert next(row for row in rows if "torn" in row).split()[3::2] == ["3", "41", "0", "7", "0", "0"]
    assert "Series torn: many values are negative" in lines
    assert "Series new: its unit changed for good: an hour counts 1000 times" in lines


def test_a_history_without_faults_is_shown_without_a_table() -> None:
    text = io.StringIO()

    backtest._show_repairs(Console(file=text), Result(pd.DataFrame(), (0.5,), [], {"a": Repairs(known=100)}))

    assert text.getvalue() == ""
