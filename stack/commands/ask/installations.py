"""``solera installations``: what is registered."""

from __future__ import annotations

from typing import Annotated

import typer

from conf import load_settings
from serving_layer.views import catalogue
from stack.terminal import Form, Format, answering, show
from store.catalogue import INSTALLATION_FIELDS

COLUMNS = ("installation_id", "name", "kind", "capacity_kw", "time_zone", "community_id")
"""Columns of the table; CSV and JSON have every field that is registered."""


def installations(
    community: Annotated[str | None, typer.Option(help="The members of this community only.")] = None,
    form: Format = Form.table,
) -> None:
    """List the registered installations by id; capacity in kW.

    Example: solera installations --community fontana
    """
    with answering(load_settings()) as reader:
        rows = catalogue.installations(reader)
        if community is not None:
            catalogue.installation(reader, community)
            rows = [row for row in rows if row.get("community_id") == community]
    columns = COLUMNS if form is Form.table else INSTALLATION_FIELDS
    show(form, columns, rows, "Installations", f"{len(rows):,} installations")
