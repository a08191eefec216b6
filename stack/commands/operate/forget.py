"""``solera forget``: removes an installation and all that names it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from conf import Settings, load_settings
from ingest.gateway.removal import remove_installation
from ingest.push.tokens import revoke, tokens_file
from ingest.sources.datadis.removal import remove_supply
from serving_layer.access import grants
from store import cassandra


def forget(
    installation: Annotated[str, typer.Argument(help="Its id, as registered.")],
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove an installation for good: its rows in every table and file, the models, its messages in Kafka.

    What Kafka holds of all homes is archived first; then its readings, intervals and quarantine are emptied there. Sums
    of its community stay as they were published. Shows what each place lost, in rows, models or messages.

    Example: solera forget fontana-01 --yes
    """
    if not is_sure:
        question = f"This removes {installation} and everything that is kept of it, for good. Type its id to go on"
        if typer.prompt(question) != installation:
            raise typer.Abort
    # Spark takes seconds to import; the help should not.
    from batch_layer.removal.forget import forget
    from batch_layer.removal.place import Place
    from serving_layer.sql.published import speed_keys
    from store.spark import session

    settings, console = load_settings(), Console(highlight=False, markup=False)
    # First, for what is killed behind it is found again by what Cassandra still holds.
    revoke(tokens_file(settings), [installation])
    grants.forget(grants.access_file(settings), installation)
    outbox = Place("gateway", "outbox", remove_installation(settings.home, installation))
    stated = Place("datadis", "files and entries", _stated(settings, installation))
    try:
        places = [*forget(session(settings, "solera forget"), settings, installation, console.print), outbox, stated]
    finally:
        # Behind the catalogue, by which SQL makes them, and again where the first attempt was killed.
        keys = Place("SQL", "keys", speed_keys.remove_installation(settings, installation))
    places.append(keys)
    table = Table(title=f"Removed of {installation}", caption="The next night trains new models.")
    for heading in ("store", "place", "removed"):
        table.add_column(heading, justify="right" if heading == "removed" else "left")
    for store, place, count in places:
        table.add_row(store, place, f"{count:,}")
    console.print(table)


def _stated(settings: Settings, installation: str) -> int:
    """The number of files and entries of Datadis that were kept, and now are removed."""
    with cassandra.session(settings) as session:
        row = session.execute("SELECT cups FROM installation WHERE installation_id = %s", (installation,)).one()
    return remove_supply(settings.home, row.cups) if row and row.cups else 0
