"""Requests of emoncms' clients: ``input/post`` and ``input/bulk``, read as emoncms reads them.

Where emoncms takes a time that it can't read for now, such a request is refused: a wrong time is worse than none.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from conf.refusal import Refusal
from ingest.push.rules import Sample

MOST_BYTES = 4 * 1024 * 1024
"""The size of a packed body, unpacked: emonhub's thousand frames take a tenth of it."""
_FOREIGN = re.compile(r"[^\w\s\-.]")
_FOREIGN_DATA = re.compile(r"[^\w\s\-.:,]")
NOT_JSON = "Format error, json string supplied is not valid"
Params = Mapping[str, str]


class FormatError(Refusal):
    """A request that is no input; the text is what emoncms' clients are told."""


def posted(params: Params, node: str, now: datetime) -> Sample:
    """The sample of ``input/post``; a ``node`` of the path goes before the parameter. Raises :class:`FormatError`."""
    data = next((params[name] for name in ("json", "fulljson", "csv", "data") if name in params), "")
    if not data:
        raise FormatError("Request contains no data via csv, json or data tag")
    said = params.get("time")
    if "fulljson" in params:
        found = _object(data)
        own = next((found[name] for name in found if name.lower() == "time"), None)
        values = {name: _number(value) for name, value in found.items() if name.lower() != "time"}
        said = said if said is not None or own is None else str(own)
    else:
        values = _pairs(data)
    return Sample(_time(said, now), _name(node or params.get("node", "")) or "0", _present(values))


def bulk(params: Params, body: bytes, now: datetime) -> list[Sample]:
    """The samples of ``input/bulk``. Raises :class:`FormatError`."""
    rows = _rows(_unpacked(params, body))
    last = rows[-1]
    if not isinstance(last, list) or not last:
        raise FormatError("Format error, last item in bulk data does not contain any data")
    reference = _reference(params, last, int(now.timestamp()))
    return [_sample(row, reference) for row in rows if isinstance(row, list) and len(row) > 2]


def _unpacked(params: Params, body: bytes) -> str | bytes:
    if "cb" in params:
        return _inflated(body)
    if "c" in params:
        try:
            return _inflated(bytes.fromhex(params.get("data", "")))
        except ValueError:
            raise FormatError("Format error, compressed hex not valid") from None
    return params.get("data", "")


def _inflated(packed: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        data = inflating.decompress(packed, MOST_BYTES)
    except zlib.error:
        raise FormatError(NOT_JSON) from None
    if not inflating.eof:
        raise FormatError(f"Format error, more than {MOST_BYTES} bytes, or cut off")
    return data


def _rows(data: str | bytes) -> list[Any]:
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not rows:
        raise FormatError(NOT_JSON)
    return rows


def _reference(params: Params, last: list[Any], now: int) -> int:
    """The Unix second that the rows' times are counted from."""
    for name in ("sentat", "offset"):
        if name in params:
            return now - _whole(params[name])
    return _whole(params["time"]) if "time" in params else now - _whole(last[0])


def _sample(row: list[Any], reference: int) -> Sample:
    if isinstance(row[1], dict | list):
        raise FormatError("Format error, node must not be an object")
    values: dict[str, float | None] = {}
    for number, cell in enumerate(row[2:], start=1):
        if isinstance(cell, dict):
            values |= {_name(str(name)): _number(value) for name, value in cell.items()}
        else:
            values[str(number)] = _number(cell)
    return Sample(_instant(reference + _whole(row[0])), _name(str(row[1])) or "0", _present(values))


def _pairs(text: str) -> dict[str, float | None]:
    """``power1:100,power2:200`` or ``100,200``, whose names are 1, 2, …; braces and quotes are passed over."""
    values: dict[str, float | None] = {}
    unnamed = 0
    for pair in _FOREIGN_DATA.sub("", text).split(","):
        name, colon, value = pair.partition(":")
        if colon and not name.strip():
            raise FormatError("Format error, json key missing or invalid character")
        if not colon:
            unnamed += 1
            name, value = str(unnamed), pair
        try:
            values[name.strip()] = None if value.strip() == "null" else float(value)
        except ValueError:
            raise FormatError(f"Format error, {'json' if colon else 'csv'} value is not numeric") from None
    return values


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or any(isinstance(value, dict | list) for value in found.values()):
        raise FormatError("Input in not a valid JSON object")
    return {_name(name): value for name, value in found.items()}


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _present(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}


def _whole(value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        raise FormatError("Format error, time is not numeric") from None


def _time(said: str | None, now: datetime) -> datetime:
    if said is None:
        return now
    try:
        return _instant(int(float(said)))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(said.replace("Z", "+00:00"))
        if found.tzinfo is not None:
            return found.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise FormatError("Format error, time is neither Unix seconds nor RFC 3339 with its offset")


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise FormatError("Format error, time is no Unix second") from None


def _name(text: str) -> str:
    return _FOREIGN.sub("", text)
