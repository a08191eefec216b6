from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_layer.forecasting.histories.numbers import COMMA, POINT, read_numbers


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1234.5", POINT, 1234.5),
        ("1,234.5", POINT, 1234.5),
        ("12,345,678", POINT, 12345678.0),
        ("1'234.5", POINT, 1234.5),
        ("1’234’567", POINT, 1234567.0),
        ("1 234.5", POINT, 1234.5),
        ("1\u00a0234.5", POINT, 1234.5),
        ("1\u202f234", POINT, 1234.0),
        (" 7 ", POINT, 7.0),
        ("-12.5", POINT, -12.5),
        ("\u22123", POINT, -3.0),
        (".5", POINT, 0.5),
        ("1e3", POINT, 1000.0),
        ("1.234,5", COMMA, 1234.5),
        ("1.234.567", COMMA, 1234567.0),
        ("1 234,5", COMMA, 1234.5),
        ("0,5", COMMA, 0.5),
    ],
)
def test_grouped_numbers_are_read(text: str, decimal: str, number: float) -> None:
    assert read_numbers(pd.Series([text]), decimal)[0] == number


@pytest.mark.parametrize(
    "text",
    [
        "unavailable",
        "5 Wh",
        "1.234,5",
        "0,5",
        "1,23",
        "1,2345",
        "12,34.5",
        "1,234'567",
        "1 23",
        "--",
        "1.2.3",
        "",
        "Ip",
    ],
)
def test_what_states_no_number_with_a_decimal_point_is_not_read(text: str) -> None:
    assert np.isnan(read_numbers(pd.Series([text]))[0])


def test_a_column_of_decimal_commas_is_not_read_a_thousandfold() -> None:
    read = read_numbers(pd.Series(["0,5", "12,75", "1,234", "7", "1.234"]))

    assert np.isnan(read[[0, 1, 2, 4]]).all()
    assert read[3] == 7


def test_numbers_stay_numbers() -> None:
    assert read_numbers(pd.Series([1.5, np.nan]))[0] == 1.5


@given(st.floats(-1e9, 1e9).map(lambda number: round(number, 2)), st.sampled_from([",", "'", " ", "\u202f"]))
def test_any_grouped_number_is_read_as_itself(number: float, mark: str) -> None:
    assert read_numbers(pd.Series([f"{number:,.2f}".replace(",", mark)]))[0] == number
