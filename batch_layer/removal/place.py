"""A place that holds data of an installation."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A table, folder or topic, and how many rows or messages it holds or has lost."""

    store: str
    name: str
    rows: int
