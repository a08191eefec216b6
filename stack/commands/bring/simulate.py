"""``solera simulate``: installations whose energy is known, and what their devices say of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer


def simulate(
    file: Annotated[Path, typer.Argument(help="YAML or JSON, as `solera register` takes it, and what is there.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    days: Annotated[int, typer.Option(min=1, max=800, help="So many whole UTC days up to today.")] = 7,
    every: Annotated[str, typer.Option(help="Between two readings of a device: minutes, or seconds as 10s.")] = "1",
    seed: Annotated[int, typer.Option(help="The same seed makes the same files on the same day.")] = 1,
) -> None:
    """Write what the devices of each installation in FILE would say (W, Wh), with faults, and apart the truth.

    FILE may say under simulated what is there (docs/simulation.md). OUT gets readings.jsonl.gz for `solera replay`,
    truth.parquet with the energy (Wh) of every quarter-hour, and faults.json with what was put in where.

    Example: solera simulate sites.yaml --days 30 --out world
    """
    # pvlib takes seconds to import; the help should not.
    from ingest.simulator.truth.sites.described import read_sites
    from ingest.simulator.truth.world import Asked, seconds, write_world

    first = datetime.now(timezone.utc).date() - timedelta(days=days)
    count = write_world(read_sites(file), Asked(first, days, seconds(every), seed), out)
    typer.echo(f"Wrote {count:,} readings of {days} days; `solera replay {out / 'readings.jsonl.gz'}` sends them.")
