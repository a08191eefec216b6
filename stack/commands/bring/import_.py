"""``solera import``: a person's own file, shown as it is understood before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from conf import Settings, load_settings
from ingest.files.mapping import FileMapping, read_mapping
from ingest.publishing.bulk import publish_all
from ingest.publishing.message import Message


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or Excel; a .gz, .bz2 or .zip of it too.")],
    mapping: Annotated[Path, typer.Option(help="YAML: what its columns mean (docs/files.md).")],
    is_sure: Annotated[bool, typer.Option("--yes", help="Publish what was understood.")] = False,
) -> None:
    """Show what FILE says by its mapping, in Wh and W, and publish it with --yes; twice changes nothing.

    Shown are rows, range, sums by local month, holes, and what is refused and why. A mapping may name a form that is
    known and say the rest: {form: datadis, installation_id: casa-1}.

    Example: solera import consumos.csv --mapping casa.yaml --yes
    """
    # pandas takes a second to import; the help should not.
    from ingest.files.importing import first_known, messages
    from ingest.files.table import read_table
    from ingest.files.understood import understand
    from stack.tables.understood import show

    meaning = read_mapping(mapping)
    console = Console(highlight=False, markup=False)
    understood = understand(read_table(file, meaning), meaning)
    show(console, understood, meaning)
    if not is_sure:
        typer.echo("Nothing is published yet: the same with --yes does it.")
        return
    settings = load_settings()
    known_at = first_known(settings, file, meaning, datetime.now(timezone.utc))
    count = _publish(settings, meaning, messages(understood, meaning, known_at), len(understood.rows))
    typer.echo(f"{count} records acknowledged by topic {meaning.topic}.")


def _publish(settings: Settings, mapping: FileMapping, records: Iterator[Message], total: int) -> int:
    columns = (TextColumn("publishing"), BarColumn(), TextColumn("{task.completed:,} of {task.total:,}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)
        return publish_all(settings, mapping.topic, records, progress=lambda sent: bar.update(task, completed=sent))
