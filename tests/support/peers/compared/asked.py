"""How a peer is asked, and its values set beside ours: how many there are, and which differ.

A peer runs in a process of the Python that SOLERA_PEERS names, installed there: it is no library of Solera.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

CLIENTS = Path(__file__).parents[1] / "clients"
Values = Mapping[Any, float | None]


class Compared(NamedTuple):
    """What came of it."""

    values: int
    """Compared, absent ones too."""
    apart: tuple[str, ...] = ()
    """Those that differ: where, ours and theirs."""


def python() -> str | None:
    """The Python of the peers; None where none is named."""
    return os.environ.get("SOLERA_PEERS")


def has(library: str) -> bool:
    """Whether the peers' Python has it."""
    found = python()
    if found is None:
        return False
    imported = subprocess.run([found, "-c", f"import {library}"], check=False, capture_output=True)
    return imported.returncode == 0


def said(client: str, *words: object) -> Any:
    """What a client of :data:`CLIENTS` prints."""
    return printed(python() or "", str(CLIENTS / f"{client}.py"), *words)


def printed(*command: object) -> Any:
    """The JSON that a program prints."""
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout)


def beside(where: str, ours: Values, theirs: Values, within: float = 1e-9) -> Compared:
    """Value by value, those that only one has too; ``within`` is what rounding may make of it."""
    keys = {**ours, **theirs}
    apart = [key for key in keys if not _same(ours.get(key), theirs.get(key), within)]
    return Compared(len(keys), tuple(f"{where} {key}: {ours.get(key)}, theirs {theirs.get(key)}" for key in apart))


def _same(ours: float | None, theirs: float | None, within: float) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=within)


def together(found: Iterable[Compared]) -> Compared:
    """All of them as one."""
    each = list(found)
    return Compared(sum(one.values for one in each), tuple(said for one in each for said in one.apart))
