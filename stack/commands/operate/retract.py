"""``solera retract``: takes wrong messages back."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, Any

import typer
from rich.console import Console

from conf import Settings, load_settings
from conf.refusal import Refusal
from speed_layer.recount import total_again
from speed_layer.retraction import remove_readings
from stack.terminal import From, To, span
from store import cassandra, catalogue
from store.history.retraction import INSERT, REMOVED, Retraction
from store.instants import rfc3339


class Unregistered(Refusal):
    """Nobody of that name has messages."""


class Topic(str, Enum):
    """Topics whose messages can be taken back."""

    readings = "readings"
    intervals = "intervals"


def retract(
    installation: Annotated[str, typer.Argument(help="Its id, as registered.")],
    first: From,
    last: To,
    device: Annotated[str, typer.Option(help="This device (of intervals: meter) alone; else all.")] = "",
    topic: Annotated[Topic, typer.Option(help="What is taken back.")] = Topic.readings,
    tz: Annotated[str, typer.Option(help="Zone of --from and --to where they are dates.")] = "UTC",
) -> None:
    """Take wrong messages of a time back: they count no more in any view, and right ones may be sent after it.

    Readings from --from to before --to, or intervals that lie between them, received so far. The speed view changes at
    once, the published energy (Wh) with the next night, which lists it in `solera changes`.

    Example: solera retract fontana-01 --device meter-1 --from 2026-11-03 --to 2026-11-05 --tz Europe/Madrid
    """
    settings, console = load_settings(), Console(highlight=False, markup=False)
    (start, until), _ = span(first, last, tz)
    # Cassandra keeps whole milliseconds.
    now = datetime.now(timezone.utc)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    of = Retraction(installation, now, topic.value, device or None, start, until)
    # Spark takes seconds to import; the help should not.
    from store.spark import session

    take_back(session(settings, "solera retract"), settings, of, console.print)
    console.print(f"The next night totals {rfc3339(start)} to {rfc3339(until)} again: solera changes shows how much.")


def take_back(spark: Any, settings: Settings, of: Retraction, report: Any) -> None:
    """Make the retraction and remove what is stored of it, with no night at work. Killed, it is made again."""
    from batch_layer.removal.retract import remove_archived
    from batch_layer.runs import alone

    with alone(spark, settings), cassandra.session(settings) as views:
        if of.installation_id not in catalogue.load(settings, views).installations:
            raise Unregistered(f"There is no installation {of.installation_id}.")
        views.execute(views.prepare(INSERT), of)
        report("retraction noted; what was received before it counts no more")
        time.sleep(catalogue.NOTICED_SECONDS)
        for place in remove_archived(spark, settings, of):
            report(f"{place.store} {place.name}: {place.rows:,} removed")
        removed = remove_readings(settings, views, of) if of.topic == "readings" else {}
        if of.topic == "readings":
            report(f"Cassandra reading_by_day: {sum(map(len, removed.values())):,} removed")
        views.execute(views.prepare(REMOVED), (datetime.now(timezone.utc), of.installation_id, of.retracted_at))
        time.sleep(catalogue.NOTICED_SECONDS)
        count = total_again(settings, views, of.installation_id, removed)
        report(f"Cassandra energy_speed: {count:,} quarter-hours totalled again")
