"""The demo's report at its end: yesterday, today, the next 24 hours, the models' record, the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from rich.console import Console
from rich.table import Table

from conf import Settings, logins
from conf.logins import PREFIX
from ingest.simulator.homes import COMMUNITY, Home
from serving_layer.access.token import page_link
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import forecast, ledger, merged
from stack.demo.money import money, table_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SHOWN = ("generation", "consumption", "import", "export")
FORECAST = ("generation", "consumption")
SHORT = {"generation": "gener-\nation", "consumption": "consump-\ntion"}


def report(reader: Reader, homes: Sequence[Home], spanish: Home, cut: datetime, console: Console) -> None:
    """Print the demo's findings; days are UTC days, energies kWh."""
    for installation_id in (homes[0].installation_id, COMMUNITY):
        console.print(_energy(reader, installation_id, cut))
    console.print(_skill(reader, [home.installation_id for home in homes]))
    console.print(_check("All homes' yesterday, kWh: Solera, and a plain sum of the source", reader, homes, cut))
    console.print(_check(f"{spanish.name}: yesterday out of its registers, and what is true", reader, [spanish], cut))
    console.print(_ledger(reader))
    money(reader, [home.installation_id for home in homes], cut, console)


def _energy(reader: Reader, installation_id: str, cut: datetime) -> Table:
    """Yesterday from the batch view, today from the speed view, the next day from the forecast."""
    now = datetime.now(timezone.utc)
    hour = now.replace(minute=0, second=0, microsecond=0)
    visible = merged.seen(reader)
    table = table_of(f"{installation_id}: energy in kWh (UTC days)")
    for heading in ("", *SHOWN, "view"):
        table.add_column(heading, justify="left" if heading in ("", "view") else "right")
    for name, start, end in (("yesterday", cut - DAY, cut), ("today so far", cut, cut + DAY)):
        values = {q: merged.read(reader, installation_id, q, Span(start, end), visible) for q in SHOWN}
        views = sorted({value.view for each in values.values() for value in each})
        sums = (f"{sum(value.energy_wh for value in values[q]) / 1000:.3f}" for q in SHOWN)
        table.add_row(name, *sums, " + ".join(views))
    bands = []
    for quantity in SHOWN:
        if quantity not in FORECAST:
            bands.append("")
            continue
        issue = forecast.newest(reader, installation_id, quantity, visible)
        hours = [each for each in issue.values if hour <= each.time < hour + DAY]
        bands.append(f"{sum(each.p50_wh for each in hours) / 1000:.3f}")
    table.add_row(f"24 h from {hour:%H:%M}", *bands, "forecast")
    return table


def _skill(reader: Reader, installation_ids: Sequence[str]) -> Table:
    """Mean absolute error of the day-ahead forecasts over the last 30 days beside the naive ones, and who wins."""
    visible = merged.seen(reader)
    records = {each: forecast.skill(reader, each, FORECAST, visible) for each in (COMMUNITY, *installation_ids)}
    basis = ", ".join(sorted({str(row["basis"]) for rows in records.values() for row in rows}))
    title = f"Day-ahead forecasts of the last 30 days ({basis}): error in Wh an hour"
    table = table_of(title)
    table.add_column("")
    for quantity in FORECAST:
        for heading in (SHORT[quantity], "yester-\nday", "last\nweek"):
            table.add_column(heading, justify="right")
    table.add_column("beats both")
    for installation_id, rows in records.items():
        by_quantity = {row["quantity"]: row for row in rows}
        skills = [by_quantity[quantity] for quantity in FORECAST]
        errors = (row[name] for row in skills for name in ("mae_wh", "mae_yesterday_wh", "mae_last_week_wh"))
        lost = [f"{row['quantity'][:3]}. no" for row in skills if not row["beats_naive"]]
        table.add_row(installation_id, *(f"{error:.0f}" for error in errors), "; ".join(lost) or "yes")
    return table


def _check(title: str, reader: Reader, homes: Sequence[Home], cut: datetime) -> Table:
    """Yesterday's batch view against the plain sum of the recorded hours."""
    visible = merged.seen(reader)
    table = table_of(title)
    for heading in ("quantity", "Solera", "plain sum", "difference"):
        table.add_column(heading, justify="right" if heading != "quantity" else "left")
    for quantity, field in (("generation", "generation"), ("consumption", "consumption"), ("export", "export")):
        plain = sum(getattr(home.flows(cut - DAY + n * HOUR), field) for home in homes for n in range(24)) / 1e6
        answer = sum(
            value.energy_wh
            for home in homes
            for value in merged.read(reader, home.installation_id, quantity, Span(cut - DAY, cut), visible)
        )
        table.add_row(quantity, f"{answer / 1000:.6f}", f"{plain:.6f}", f"{abs(answer / 1000 - plain):.6f}")
    return table


def _ledger(reader: Reader) -> Table:
    table = table_of("Ledger: received = accepted + duplicate + quarantined")
    for heading in ("topic", "layer", "received", "accepted", "duplicate", "quarantined", "adds up"):
        table.add_column(heading, justify="right" if heading not in ("topic", "layer", "adds up") else "left")
    for row in (each for each in ledger.totals(reader) if each["received"]):
        counted = row["accepted"] + row["duplicate"] + row["quarantined"]
        table.add_row(
            row["topic"],
            row["layer"],
            *(f"{row[name]:,}" for name in ("received", "accepted", "duplicate", "quarantined")),
            "yes" if counted == row["received"] else "NO",
        )
    return table


def doors(settings: Settings, installation_id: str, console: Console) -> None:
    """Print how to ask further by every door, each on one line however narrow the terminal is: it is to be copied."""
    api = f"http://{settings.api.host}:{settings.api.port}"
    store = f"{settings.cassandra.host}:{settings.cassandra.port}"
    asked = {
        "page": page_link(settings),
        "command": f"solera forecast --installation {installation_id} --quantity generation",
        "REST": f'curl -H "Authorization: Bearer $(cat {settings.home}/token)" '
        f"{api}/v1/installations/{installation_id}/state",
        "SQL": f"JDBC jdbc:hive2://{settings.thrift.host}:{settings.thrift.port}/solera, user solera, "
        f"password $(cat {settings.home}/token), table energy_daily",
        "CQL": f"{store}, keyspace {settings.cassandra.keyspace}, table inverter_state, user {PREFIX}analyst, "
        f"password $(cat {logins.password_file(settings, 'analyst')})",
        "notebook": "import notebooks/solera.zpln into Zeppelin",
    }
    console.print("Ask further", style="bold")
    for door, how in asked.items():
        console.print(f" {door:<10} {how}", soft_wrap=True, markup=False, highlight=False)
