"""``solera ledger``: what became of every message received."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from conf import load_settings
from conf.refusal import Refusal
from energy.topics import TOPICS
from serving_layer.views import ledger as ledgers
from stack.terminal import Form, Format, answering, show

Topic = Enum("Topic", {name: name for name in TOPICS}, type=str)  # type: ignore[misc]
PARTS = ("accepted", "duplicate", "quarantined")
COLUMNS = ("topic", "layer", "received", *PARTS, "late")


class Unbalanced(Refusal):
    """A ledger whose parts are not what was received."""


def ledger(
    topic: Annotated[Topic | None, typer.Option(help="One topic only.")] = None,
    form: Format = Form.table,
) -> None:
    """Show the messages of each topic and layer: received = accepted + duplicate + quarantined, or the exit code is 1.

    Example: solera ledger --topic readings
    """
    with answering(load_settings()) as reader:
        rows = ledgers.totals(reader, [topic.value] if topic else list(TOPICS))
    show(form, COLUMNS, rows, "Ledger", "received = accepted + duplicate + quarantined; late is part of accepted")
    if wrong := [row for row in rows if row["received"] != sum(row[part] for part in PARTS)]:
        named = ", ".join(f"{row['topic']} ({row['layer']})" for row in wrong)
        raise Unbalanced(f"Messages are not accounted for in {named}: quote this with the layer's log.")
