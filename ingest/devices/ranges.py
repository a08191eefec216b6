"""Ranges of a reading's fields: a value outside its range is left out and said, and the fields beside it stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from energy.records import Reading
from ingest.devices.device import Fields, Measurement, NothingMeasuredError
from ingest.devices.unit import Unit

STATE = ("status", "status_code")
"""Fields in which a device states its own condition, which is no measurement."""


def measurement(
    unit: Unit | str, fields: Fields, instant: datetime | None = None, faults: Sequence[str] = ()
) -> Measurement:
    """The measurement that ``fields`` make. Raises :class:`NothingMeasuredError` where none holds a measured value."""
    possible = {name: value for name, value in fields.items() if _is_possible(name, value)}
    left_out = [f"{unit}: {name} can't be {fields[name]}; left out" for name in fields.keys() - possible.keys()]
    if not possible.keys() - set(STATE):
        why = "; ".join(left_out) or str(possible.get("status", "no state given"))
        raise NothingMeasuredError(f"{unit}: answers, but measures nothing ({why})")
    return Measurement(possible, instant, (*faults, *sorted(left_out)))


def _is_possible(name: str, value: float | int | str) -> bool:
    try:
        _range(name).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@cache
def _range(name: str) -> TypeAdapter[Any]:
    """The type of a reading's field, without its mark that the field may be absent."""
    hint = get_type_hints(Reading, include_extras=True)[name]
    return TypeAdapter(get_args(hint)[0], config={"allow_inf_nan": False})
