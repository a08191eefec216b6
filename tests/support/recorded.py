"""Answers to try parsers on: small hard days made by hand, and the genuine ones where the shared data are there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

HAND_MADE = Path(__file__).parents[1] / "data"
SHARED = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data"))


def recorded(source: str, pattern: str) -> list[Path]:
    """Files of ``source`` whose names fit ``pattern``: those of tests/data first, then the shared ones."""
    return [
        *sorted((HAND_MADE / source).glob(pattern)),
        *sorted((SHARED / "api" / source).glob(pattern)),
    ]


def naming(path: Path) -> str:
    """The id of a test on ``path``: the file's name and where it is from."""
    return f"{path.stem}-{'hand-made' if path.is_relative_to(HAND_MADE) else 'genuine'}"


def aemet_answer(path: Path) -> Any:
    """A body of AEMET's: most are in its Latin alphabet, whatever it says of them."""
    body = path.read_bytes()
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        return json.loads(body.decode("iso-8859-15"))
