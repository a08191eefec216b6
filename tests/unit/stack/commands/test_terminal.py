"""Tables on a narrow terminal: nothing is cut, and no name is taken for a style."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.terminal import Form, show

AT = datetime(2026, 11, 25, 13, 45, tzinfo=timezone.utc)
FORECAST = {"time": AT, "p10_wh": 1234567.891, "p50_wh": 2.0, "p90_wh": 3.0, "step": "own model, issued weather"}


def printed(capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], title: str = "t") -> str:
    show(Form.table, list(rows[0]), rows, title, "c")
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_forecast_fits_80_columns_with_its_times_whole(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, [FORECAST] * 3)

    assert text.count("2026-11-25T13:45:00Z") == 3
    assert "1,234,567.891" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_table_that_is_too_wide_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, [{f"{name}{n}": value for n in range(4) for name, value in FORECAST.items()}])

    assert text.count("2026-11-25T13:45:00Z") == 4
    assert text.count("1,234,567.891") == 4
    assert "…" not in text


@pytest.mark.parametrize("name", ["t-[/b]", "t-[bold]", "[red]x[/red]", "[/]", "[link=a]b", "x]", "\\[b]"])
def test_a_name_in_brackets_is_a_name(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert printed(capsys, [{"id": name}], name).count(name) == 2


def test_json_has_every_column_of_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    show(Form.json, ["time", "step", "p10_wh", "cause"], [FORECAST], "t", "c")
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {"time": "2026-11-25T13:45:00Z", "step": FORECAST["step"], "p10_wh": 1234567.891, "cause": None}


@given(st.text())
def test_no_name_steers_the_terminal(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("rich.console.Console.print", lambda _self, table, **_: written.append(cell_of(table)))
        show(Form.table, ["id"], [{"id": name}], name, name)
    assert all(text.isprintable() for text in written)


def cell_of(table: Any) -> str:
    (column,) = table.columns
    return str(next(iter(column.cells)))


def test_exact_amounts_stand_whole_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    """Decimals keep their places in a table and in CSV; JSON has numbers."""
    row = {"cause": "price", "eur": Decimal("-0.000000000012")}
    for form, shown in (
        (Form.table, "-0.000000000012"),
        (Form.csv, "price,-0.000000000012\n"),
        (Form.json, "-1.2e-11"),
    ):
        show(form, ["cause", "eur"], [row], "t", "c")
        assert shown in capsys.readouterr().out
