"""Spans of time in which something held, as a catalogue file writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

YEARS = range(1900, 2200)
"""Years that UTC's calendar has in every zone."""


def _edge(value: Any) -> Any:
    """A date, or an instant with its zone; YAML may have made either of the text already."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == len("2026-03-29") else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no date like 2026-03-29 and no instant like 2026-03-29T00:00:00Z") from None
    if not isinstance(value, date | None):
        raise ValueError(f"{value!r} is no date like 2026-03-29")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"{value} has no zone: write it like 2026-03-29T00:00:00Z")
    if value is not None and value.year not in YEARS:
        raise ValueError(f"{value} lies outside the years {YEARS[0]} to {YEARS[-1]}")
    return value


Edge = Annotated[Any, BeforeValidator(_edge)]
"""A date or an aware instant; None: open."""


class Dated(BaseModel):
    """A span of time in which something held; a side that is left out is open: ever since, or still."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    since: Edge = Field(None, alias="from")
    until: Edge = Field(None, alias="to")
