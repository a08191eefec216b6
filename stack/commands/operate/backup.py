"""``solera backup``: copies everything into a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from conf import load_settings


def backup(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A new folder, or its URI (hdfs://, s3a://).")],
) -> None:
    """Copy every table and file into DIR, with a manifest: sizes in rows, SHA-256 of each file.

    What Kafka holds is archived first. Refused while a night is at work; all other jobs may go on.

    Example: solera backup /mnt/usb/solera-2026-11-26
    """
    # Spark takes seconds to import; the help should not.
    from batch_layer.backup.make import backup
    from store.spark import session

    settings, console, began = load_settings(), Console(highlight=False, markup=False), time.monotonic()
    target = uri(folder)
    make_own(target)
    made = backup(session(settings, "solera backup"), settings, target, console.print)
    rows = sum(made.tables.values())
    console.print(
        f"{rows:,} rows of {len(made.tables)} tables and {len(made.files) - len(made.tables):,} files of HDFS are in "
        f"{folder} ({time.monotonic() - began:.0f} s)"
    )


def uri(folder: str) -> str:
    """``folder`` as a URI without a slash at its end."""
    # Hadoop takes the signs of a path as they are: a blank that is written %20 would be another name.
    return folder.rstrip("/") if "://" in folder else f"file://{Path(folder).resolve()}"


def make_own(target: str) -> None:
    """Make a folder of this machine, for its owner alone to read."""
    if target.startswith("file://"):
        Path(target.removeprefix("file://")).mkdir(mode=0o700, parents=True, exist_ok=True)
