"""``solera forecast``: the newest published forecast of one installation."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from conf import load_settings
from serving_layer import instants
from serving_layer.views import catalogue, merged
from serving_layer.views import forecast as forecasts
from stack.terminal import Form, Format, answering, show

Quantity = Enum("Quantity", {name: name for name in ("generation", "consumption")}, type=str)  # type: ignore[misc]
COLUMNS = ("issued_at", "time", "p10_wh", "p50_wh", "p90_wh", "step")


def forecast(
    installation: Annotated[str, typer.Option(help="As registered, e.g. fontana-01; a community gives its total.")],
    quantity: Annotated[Quantity, typer.Option(help="Which energy, in Wh an hour.")],
    form: Format = Form.table,
) -> None:
    """Show the newest forecast: Wh of the hour that begins at time (UTC), median and the band of 8 in 10 outcomes.

    Example: solera forecast --installation fontana-01 --quantity generation
    """
    with answering(load_settings()) as reader:
        catalogue.installation(reader, installation)
        issue = forecasts.newest(reader, installation, quantity.value, merged.seen(reader))
    rows = [{"issued_at": issue.issued_at} | hour._asdict() for hour in issue.values]
    title = f"{installation}: {quantity.value} forecast, Wh"
    # The caption says when it was issued; the column would not leave room for the times.
    columns = COLUMNS[1:] if form is Form.table else COLUMNS
    show(form, columns, rows, title, f"issued {instants.text(issue.issued_at)} by {issue.model}")
