"""Removal of a supply from what is kept of Datadis on disk: its curves, its contract, and what was asked of it."""

from __future__ import annotations

import json
from pathlib import Path

from energy.money.community.numbers import supply
from ingest.sources.datadis.account import NAME
from ingest.sources.datadis.contracts import FILE as CONTRACTS
from ingest.sources.datadis.supplies import FILE as SUPPLIES
from ingest.sources.datadis.supplies import remembered
from store.history.attempts import FILE as ASKED
from store.reports import replace_text


def remove_supply(home: Path, cups: str) -> int:
    """Remove what names the supply of ``cups`` below ``home``; how many files and entries that were."""
    folder, name = home / NAME, supply(cups)
    files = [*folder.glob(f"{name}*.json")]
    for file in files:
        file.unlink()
    return (
        len(files) + sum(_entries(folder / each, name) for each in (CONTRACTS, ASKED)) + _seen(folder / SUPPLIES, name)
    )


def _entries(file: Path, name: str) -> int:
    said = remembered(file)
    left = {key: value for key, value in said.items() if not key.startswith(name)}
    if len(left) < len(said):
        replace_text(file, json.dumps(left, ensure_ascii=False))
    return len(said) - len(left)


def _seen(file: Path, name: str) -> int:
    said = remembered(file)
    left = {nif: [each for each in supplies if not each[0].startswith(name)] for nif, supplies in said.items()}
    if left != said:
        replace_text(file, json.dumps(left))
    return sum(map(len, said.values())) - sum(map(len, left.values()))
