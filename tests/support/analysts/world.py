"""What analysts' clients ask in tests: the valley's homes with what REST and SQL tell of them, up to now."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from cassandra.cluster import Session

from conf import Settings
from energy.calendar import local_day
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from store.history import archived_files
from tests.support import serving_files
from tests.support import serving_rows as rows
from tests.support.money.bills import AGREED, HOME
from tests.support.money.shares import KEPT

MADRID = ZoneInfo("Europe/Madrid")
DAYS = 2
HALF_A_CENT = 0.005
ERRONEOUS_V = 1000.0
"""A voltage that no home has."""


class Clock(NamedTuple):
    """The instants that the keyspace was filled for, in UTC."""

    now: datetime
    midnight: datetime
    """Start of the day of UTC, by which SQL sums: the cut of the night."""
    local_midnight: datetime
    """Start of the day of Madrid, by which REST sums."""

    @property
    def local_yesterday(self) -> datetime:
        """Start of the day before it."""
        return local_day(self.now.astimezone(MADRID).date() - timedelta(days=1), MADRID)[0]

    @property
    def cut(self) -> datetime:
        """Where the batch view ends: in the last hours of a day of UTC its local yesterday ends in the speed view."""
        return self.midnight

    @property
    def month(self) -> date:
        """First day of the local month of yesterday."""
        return (self.now.astimezone(MADRID).date() - timedelta(days=1)).replace(day=1)


def clock_of(now: datetime) -> Clock:
    """The same of this instant (UTC)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Clock(now, midnight, local_day(now.astimezone(MADRID).date(), MADRID)[0])


def fill(settings: Settings, session: Session, clock: Clock) -> None:
    """Two days of energy, forecasts, states and accounts; contracts and a settled month; readings and weather."""
    rows.fill(session, clock.cut, clock.now, DAYS)
    serving_files.keep(settings, clock.cut, DAYS)
    plain = [row for row in rows.installations() if row["kind"] == "home"]
    contracts = {"contracts": [HOME | {"compensation": AGREED}]}
    write_catalogue(session, parse_catalogue([row | contracts for row in plain]), clock.now)
    rows.insert(session, "agreement", list(agreement(clock.month)))
    rows.insert(session, "settlement_month", list(settled(clock.month)))
    rows.insert(session, "reading_by_day", list(readings(clock)))
    keep_weather(settings, clock)


def expected_kwh(clock: Clock, quantity: str, start: datetime, end: datetime, scales: list[float]) -> float:
    """The sum of what :func:`fill` lays down, kWh: 5 Wh a period on top in the last day before the cut."""
    periods = list(rows.periods(start, end))
    plain = sum(rows.quantities_at(period, scale)[quantity] for period in periods for scale in scales)
    restated = sum(5.0 for period in periods if clock.cut - timedelta(days=1) <= period < clock.cut)
    return (plain + restated) / 1000


def is_summed(bill: pd.DataFrame) -> bool:
    """Whether the lines of a bill come to its total, under each condition that it names."""
    totals = bill[bill["kind"] == "total"]
    lines = bill[bill["kind"] != "total"]
    plain = lines[lines["condition"].isna()]["eur"].sum()
    return len(totals) > 0 and all(
        abs(plain + lines[lines["condition"] == condition]["eur"].sum() - eur) < HALF_A_CENT
        for condition, eur in zip(totals["condition"], totals["eur"], strict=True)
    )


def agreement(month: date) -> Iterator[dict[str, Any]]:
    """The members share alike."""
    for home in rows.HOMES:
        yield {
            "community_id": rows.COMMUNITY, "since": month, "installation_id": home, "year": 0,
            "betas": [333_333], "generation": "roof", "hours": "consecutive", "time_zone": "Europe/Madrid",
            "kept_at": KEPT, "holds": KEPT,
        }  # fmt: skip


def settled(month: date) -> Iterator[dict[str, Any]]:
    """A month of each member: the second saves twice what the first does, the third three times."""
    for n, home in enumerate(rows.HOMES, 1):
        share = {"assigned_wh": 9e4 * n, "self_consumed_wh": 6e4 * n, "surplus_wh": 3e4 * n, "grid_wh": 2e5}
        money = {"total_eur": Decimal("40.00"), "saving_eur": Decimal("12.50") * n, "note": "", "why": ""}
        key = {"installation_id": home, "month": month, "community_id": rows.COMMUNITY, "run_id": rows.NEW_RUN}
        yield key | share | money | {"hours": 720, "known_hours": 720, "changed_hours": 0}


def temperature_c(hour: datetime) -> float:
    """Outside, in the valley."""
    return 15.0 - 5.0 * math.cos((hour.hour - 4) / 24 * 2 * math.pi)


def readings(clock: Clock) -> Iterator[dict[str, Any]]:
    """A meter's quarter-hours of yesterday (UTC) in each home: 230 V less 5 V a kW; one of the first is erroneous."""
    day = clock.midnight - timedelta(days=1)
    for n, home in enumerate(rows.HOMES):
        for at in rows.periods(day, clock.midnight):
            watts = rows.quantities_at(at, 1 + n / 3)["import"] * 4
            is_bad = n == 0 and at == day + timedelta(hours=12)
            yield {
                "installation_id": home, "device_id": f"{home}-meter", "device_kind": "meter", "day": day.date(),
                "time": at, "source": "test", "import_power_w": watts, "ambient_temperature_c": temperature_c(at),
                "voltage_v": ERRONEOUS_V if is_bad else 230.0 - watts / 200,
            }  # fmt: skip


def keep_weather(settings: Settings, clock: Clock) -> None:
    """The hours of yesterday as a station has observed them, archived by one batch."""
    day = clock.midnight - timedelta(days=1)
    hours = [day + timedelta(hours=n) for n in range(24)]
    plain = {"location_id": "seville", "provider": "test", "kind": "observation"}
    observed = [
        plain | {"issued_at": hour, "time": hour, "temperature_c": temperature_c(hour), "received_at": clock.now}
        for hour in hours
    ]
    moment = pa.timestamp("us", tz="UTC")
    kinds = {
        "string": pa.string(),
        "double": pa.float64(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "timestamp": moment,
    }
    columns = (each.replace("`", "").split() for each in archived_files.columns("weather").split(", "))
    table = pa.Table.from_pylist(observed, pa.schema([(name, kinds[kind]) for name, kind in columns]))
    content = io.BytesIO()
    pq.write_table(table, content)
    place = archived_files.place(settings, "weather", day.date(), 0)
    serving_files.put(settings, f"{place}/part.parquet", content.getvalue())
    complete = settings.hdfs_path(archived_files.MASTER, "weather", archived_files.BATCHES, "0.json")
    serving_files.put(settings, complete, b"{}")


def now() -> datetime:
    """In UTC, whole minutes: forecast prices bear the instant of a night."""
    return datetime.now(timezone.utc).replace(second=0, microsecond=0)
