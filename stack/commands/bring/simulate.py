"""``solera simulate``: installations whose energy is known, and what their devices say of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer


def simulate(
    file: Annotated[Path, typer.Argument(help="YAML or JSON, as `solera register` takes it.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    days: Annotated[int, typer.Option(min=1, max=800, help="So many whole UTC days up to today.")] = 7,
    every: Annotated[int, typer.Option(min=1, max=60, help="Minutes between two readings of a device.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed makes the same files on the same day.")] = 1,
) -> None:
    """Write what inverter and meter of each installation in FILE would say (W, Wh), with faults, and apart the truth.

    OUT gets readings.jsonl.gz for `solera replay`, truth.parquet with the energy (Wh) of every quarter-hour, and
    faults.json with what was put in where.

    Example: solera simulate homes.yaml --days 30 --out world
    """
    # pvlib takes seconds to import; the help should not.
    from ingest.catalogue.file import read_catalogue
    from ingest.simulator.truth.world import Asked, write_world

    first = datetime.now(timezone.utc).date() - timedelta(days=days)
    count = write_world(read_catalogue(file), Asked(first, days, every, seed), out)
    typer.echo(f"Wrote {count:,} readings of {days} days; `solera replay {out / 'readings.jsonl.gz'}` sends them.")
