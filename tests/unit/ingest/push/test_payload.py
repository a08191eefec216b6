"""Payloads that are numbers: as any device prints one, alone or with commas between."""

from __future__ import annotations

import pytest

from ingest.push.payload import NoValue, content_of, number_at


@pytest.mark.parametrize(
    ("payload", "path", "expected"),
    [
        (b"-120.5", None, -120.5),
        (b" 231\n", None, 231.0),
        (b".5", None, 0.5),
        (b"+12.5", None, 12.5),
        (b"7.", None, 7.0),
        (b"0042", None, 42.0),
        (b"1,2.5,3", "1", 2.5),
        (b"12.5", "0", 12.5),
        (b"+12.5", "0", 12.5),
        (b"[12.5]", "0", 12.5),
    ],
)
def test_a_number_is_one_however_it_is_written(payload: bytes, path: str | None, expected: float) -> None:
    assert number_at(content_of(payload), path) == expected


@pytest.mark.parametrize(
    ("payload", "path"),
    [(b"1,2", None), (b"12.5", "1"), (b"true", "0"), (b"nan", None), (b"-inf", "0"), (b"off", None)],
)
def test_what_is_no_number_there_is_none(payload: bytes, path: str | None) -> None:
    with pytest.raises(NoValue):
        number_at(content_of(payload), path)
