"""Answers as JSON or CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import Response

from serving_layer.tables import csv_text, plain


def as_json(content: Mapping[str, Any]) -> Response:
    """``content`` with its instants in RFC 3339."""
    return Response(text_of(content), media_type="application/json")


def text_of(content: Mapping[str, Any]) -> str:
    """``content`` as JSON on one line."""
    return json.dumps(content, default=_plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """A header line and a line a row."""
    return Response(csv_text(columns, rows), media_type="text/csv; charset=utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, date | Decimal):
        return plain(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
