"""``solera migrate``: moves what is stored to the tables of this version."""

from __future__ import annotations

import typer

from conf import load_settings
from store import schema


def migrate() -> None:
    """Move the rows of an older Solera to the tables of this one. Stop its jobs first; Cassandra alone must run.

    Killed at any point it goes on where it stood. Example: solera down && solera up --only cassandra && solera migrate
    """
    settings = load_settings()
    schema.apply_schema(settings)
    moved = schema.migrate(settings, typer.echo)
    typer.echo(f"{moved:,} rows moved; the tables are of version {schema.VERSION}.")
