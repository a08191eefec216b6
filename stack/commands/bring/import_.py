"""``solera import``: a person's own file, shown as it is understood before it is published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from conf import Settings, load_settings
from energy.topics import TopicName
from ingest.files.mapping import FileMapping, read_mapping
from ingest.publishing.bulk import publish_all
from ingest.publishing.message import Message

UNSURE = "Nothing is published yet: the same with --yes does it."


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or Excel; a .gz, .bz2 or .zip of it too.")],
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: what its columns mean (docs/files.md); OMIE's files need none.")
    ] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Publish what was understood.")] = False,
) -> None:
    """Show what FILE says by its mapping, in Wh and W, and publish it with --yes; twice changes nothing.

    Shown are rows, range, sums by local month, holes, and what is refused and why. A mapping may name a form that is
    known and say the rest: {form: datadis, installation_id: casa-1}. Without one FILE is OMIE's, a day's prices or a
    zip of many, as its yearly archives are.

    Example: solera import consumos.csv --mapping casa.yaml --yes
    """
    console = Console(highlight=False, markup=False)
    if mapping is None:
        _import_prices(file, console, is_sure)
    else:
        _import_mapped(file, read_mapping(mapping), console, is_sure)


def _import_mapped(file: Path, meaning: FileMapping, console: Console, is_sure: bool) -> None:
    # pandas takes a second to import; the help should not.
    from ingest.files.importing import first_known, messages
    from ingest.files.table import read_table
    from ingest.files.understood import understand
    from stack.tables.understood import show

    understood = understand(read_table(file, meaning), meaning)
    show(console, understood, meaning)
    if is_sure:
        settings = load_settings()
        known_at = first_known(settings, file, meaning.model_dump_json(), datetime.now(timezone.utc))
        _publish(settings, meaning.topic, messages(understood, meaning, known_at), len(understood.rows))
    else:
        typer.echo(UNSURE)


def _import_prices(file: Path, console: Console, is_sure: bool) -> None:
    from ingest.files.importing import first_known
    from ingest.files.price_days import MEANING, messages_of, read_price_days
    from stack.tables.price_days import show

    now = datetime.now(timezone.utc)
    days = read_price_days(file, now)
    show(console, days)
    if is_sure:
        settings = load_settings()
        known_at = first_known(settings, file, MEANING, now)
        _publish(settings, "prices", messages_of(days, known_at), len(days.records))
    else:
        typer.echo(UNSURE)


def _publish(settings: Settings, topic: TopicName, records: Iterable[Message], total: int) -> None:
    columns = (TextColumn("publishing"), BarColumn(), TextColumn("{task.completed:,} of {task.total:,}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)
        count = publish_all(settings, topic, records, progress=lambda sent: bar.update(task, completed=sent))
    typer.echo(f"{count} records acknowledged by topic {topic}.")
