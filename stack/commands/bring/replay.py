"""``solera replay``: publishes recorded messages to a topic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from conf import Settings, load_settings
from ingest.files.replay import ReplayError, keyed, lines
from ingest.publishing.bulk import publish_all
from ingest.publishing.message import Message


def replay(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines, .gz too; published in this order.")],
    topic: Annotated[str, typer.Option(help="readings, intervals, weather or prices.")] = "readings",
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="At most so many messages a second; else as fast as can be.")
    ] = None,
) -> None:
    """Publish each line of FILES to a topic exactly as it stands, in file order.

    Example: solera replay may.jsonl.gz june.jsonl.gz --topic readings --rate 500
    """
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise ReplayError(f"There is no file {', '.join(missing)}.")
    count = _publish(load_settings(), files, topic, rate)
    typer.echo(f"{count} messages acknowledged by topic {topic}.")


def _publish(settings: Settings, files: list[Path], topic: str, rate: float | None) -> int:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[sent]} acknowledged"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(files[0].name, total=sum(path.stat().st_size for path in files), sent=0)

        def messages() -> Iterator[Message]:
            before = 0
            for path in files:
                bar.update(task, description=path.name)
                for line in lines(
                    path,
                    settings.kafka.max_message_bytes,
                    lambda done, before=before: bar.update(task, completed=before + done),  # type: ignore[misc]
                ):
                    yield keyed(topic, line)
                before += path.stat().st_size

        return publish_all(settings, topic, messages(), rate, lambda sent: bar.update(task, sent=sent))
