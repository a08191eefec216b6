"""``solera ledger``: what became of every message received."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from conf import load_settings
from energy.topics import TOPICS
from serving_layer.views import ledger as ledgers
from stack.terminal import Form, Format, answering, show

Topic = Enum("Topic", {name: name for name in TOPICS}, type=str)  # type: ignore[misc]
COLUMNS = ("topic", "layer", "received", "accepted", "duplicate", "quarantined", "late")


def ledger(
    topic: Annotated[Topic | None, typer.Option(help="One topic only.")] = None,
    form: Format = Form.table,
) -> None:
    """Show the messages of each topic and layer: received = accepted + duplicate + quarantined.

    Example: solera ledger --topic readings
    """
    with answering(load_settings()) as reader:
        rows = ledgers.totals(reader, [topic.value] if topic else list(TOPICS))
    show(form, COLUMNS, rows, "Ledger", "received = accepted + duplicate + quarantined; late is part of accepted")
