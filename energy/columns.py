"""The columns of a record: what its annotations say to Spark, and to whoever checks its fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import AwareDatetime
from typing_extensions import NotRequired


def sql_columns(record: Any) -> dict[str, str]:
    """Spark SQL type of each field of a TypedDict, in order: ``string``, ``double``, ``bigint``, ``timestamp``."""
    hints = get_type_hints(record, include_extras=True)
    return {name: _sql_type(hint) for name, hint in hints.items() if name != "schema"}


def optional_fields(record: Any) -> frozenset[str]:
    """The fields of a TypedDict that may be absent."""
    hints = get_type_hints(record, include_extras=True)
    return frozenset(name for name in sql_columns(record) if get_origin(hints[name]) is NotRequired)


def bounds(record: Any) -> dict[str, tuple[float, float]]:
    """The least and the greatest value of each field of a TypedDict that has both."""
    hints = get_type_hints(record, include_extras=True)
    return {name: found for name, hint in hints.items() if (found := _bounds(hint)) is not None}


def _bounds(hint: Any) -> tuple[float, float] | None:
    for stated in getattr(hint, "__metadata__", ()):
        rules = getattr(stated, "metadata", ())
        least = next((rule.ge for rule in rules if hasattr(rule, "ge")), None)
        most = next((rule.le for rule in rules if hasattr(rule, "le")), None)
        if least is not None and most is not None:
            return float(least), float(most)
    within = (_bounds(part) for part in get_args(hint))
    return next((found for found in within if found is not None), None)


def _sql_type(hint: Any) -> str:
    if hint is AwareDatetime or hint is datetime:
        return "timestamp"
    if hint in (float, int, str):
        return {float: "double", int: "bigint", str: "string"}[hint]
    if get_origin(hint) is Literal:
        return "string"
    arguments = [a for a in get_args(hint) if a is not type(None)]
    if not arguments:
        return "timestamp"
    return _sql_type(arguments[0])
