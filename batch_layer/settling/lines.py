"""The lines of a settled month's bill: as JSON on their way through Spark, and a row each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from energy.money.billing.bill import Owed
from energy.money.billing.line import line_fields

COLUMNS = (
    "line int, kind string, period string, since date, until date, quantity decimal(28,8), unit string, "
    "price decimal(28,8), price_unit string, eur decimal(18,2), estimated_kwh decimal(28,8), condition string"
)
"""``line``: their order on the bill, from 1 on; ``condition``: of a tax that holds only where that came true."""


def as_json(owed: Iterable[Owed]) -> str | None:
    """The lines as a list of objects with :data:`COLUMNS`; None without any."""
    rows = []
    for number, each in enumerate(owed, start=1):
        row = line_fields(each.line) | {"line": number, "condition": each.condition or None}
        row["since"] = row.pop("from")
        rows.append(row)
    return json.dumps(rows, default=str) if rows else None
