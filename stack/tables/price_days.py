"""The table of what was understood of OMIE's files, for whoever decides whether it is right."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from rich.console import Console
from rich.table import Table

from energy.calendar import MADRID
from ingest.files.price_days import PriceDays

MOST_FAULTS = 10
"""Files with a fault that are named; the rest is counted."""


def show(console: Console, days: PriceDays) -> None:
    """Print range, and by month of Europe/Madrid and zone the days, prices and their mean; then what can't be read."""
    by_month: dict[tuple[str, str], list[tuple[datetime, float]]] = defaultdict(list)
    for record in days.records:
        local = record["start"].astimezone(MADRID)
        by_month[f"{local:%Y-%m}", record["zone"]].append((local, record["price_eur_mwh"]))
    first, last = days.records[0]["start"], max(record["end"] for record in days.records)
    console.print(f"OMIE: {len(days.records):,} prices for topic prices")
    console.print(
        f"  from {first.astimezone(MADRID):%Y-%m-%d %H:%M} to {last.astimezone(MADRID):%Y-%m-%d %H:%M} (Europe/Madrid)"
    )
    table = Table("month", "zone", title="By month of Europe/Madrid")
    for name in ("days", "prices", "mean EUR/MWh"):
        table.add_column(name, justify="right")
    for (month, zone), prices in sorted(by_month.items()):
        mean = sum(price for _, price in prices) / len(prices)
        table.add_row(month, zone, str(len({local.date() for local, _ in prices})), f"{len(prices):,}", f"{mean:,.2f}")
    console.print(table)
    for name, said in list(days.faults.items())[:MOST_FAULTS]:
        console.print(f"Refused of {name}: {'; '.join(said)}")
    if len(days.faults) > MOST_FAULTS:
        console.print(f"… and of {len(days.faults) - MOST_FAULTS:,} files more")
