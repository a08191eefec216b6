"""Rows of a small community as the speed and batch layers would leave them, for tests of what reads them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from ingest.catalogue import dated
from ingest.catalogue.dated import CAPACITY, MEMBERSHIP
from store.history.periods import Period

QUARTER = timedelta(minutes=15)
COMMUNITY = "valle"
HOMES = ("valle-01", "valle-02", "valle-03")
QUANTITIES = ("generation", "consumption", "import", "export", "self_consumption")
OLD_RUN, NEW_RUN, UNPUBLISHED = "20260101T000000Z", "20260102T000000Z", "99990101T000000Z"


def quantities_at(start: datetime, scale: float) -> dict[str, float]:
    """Energy in Wh of one quarter-hour, in whole mWh, so that the balance holds exactly."""
    hour = start.hour + start.minute / 60
    sun = max(0.0, math.sin((hour - 7) / 11 * math.pi)) if 7 <= hour <= 18 else 0.0
    generation = round(700_000 * scale * sun)
    evening = math.exp(-((hour - 20.5) ** 2) / 6) + 0.5 * math.exp(-((hour - 8) ** 2) / 3)
    consumption = round(80_000 + 260_000 * evening)
    exported = max(0, generation - consumption)
    imported = max(0, consumption - generation)
    mwh = (generation, consumption, imported, exported, generation - exported)
    return {name: value / 1000 for name, value in zip(QUANTITIES, mwh, strict=True)}


def installations() -> list[dict[str, Any]]:
    """The catalogue's rows."""
    place = {"latitude": 37.39, "longitude": -5.99, "time_zone": "Europe/Madrid"}
    homes = [
        {
            "installation_id": home,
            "name": f"Home {home[-2:]}",
            "kind": "home",
            "capacity_kw": 3.0 + n,
            "community_id": COMMUNITY,
        }
        for n, home in enumerate(HOMES)
    ]
    community = {
        "installation_id": COMMUNITY,
        "name": "Valle energy community",
        "kind": "community",
        "capacity_kw": 12.0,
    }
    return [row | place for row in [*homes, community]]


def periods(start: datetime, end: datetime) -> Iterator[datetime]:
    """Starts of the quarter-hours in [start, end)."""
    while start < end:
        yield start
        start += QUARTER


def energy_rows(start: datetime, end: datetime, shift_wh: float = 0.0) -> Iterator[dict[str, Any]]:
    """Values of every home and the community; ``shift_wh`` tells one source's values from another's."""
    for period in periods(start, end):
        homes = [quantities_at(period, 1 + n / 3) for n in range(len(HOMES))]
        whole = {name: round(sum(home[name] for home in homes), 3) for name in QUANTITIES}
        for installation_id, values in zip((*HOMES, COMMUNITY), [*homes, whole], strict=True):
            for quantity, energy_wh in values.items():
                yield {
                    "installation_id": installation_id,
                    "month": period.date().replace(day=1),
                    "quantity": quantity,
                    "start": period,
                    "energy_wh": energy_wh + shift_wh,
                    "completeness": 1.0,
                    "method": "measured",
                    "lower_wh": energy_wh + shift_wh,
                    "upper_wh": energy_wh + shift_wh,
                    "cause": "",
                }


def batch_rows(cut: datetime, days: int) -> Iterator[dict[str, Any]]:
    """The batch view's values of ``days`` up to ``cut``, those of a run that is not published among them."""
    last_day = cut - timedelta(days=1)
    for run_id, first, shift_wh in (
        (OLD_RUN, cut - timedelta(days=days), 0.0),
        (NEW_RUN, last_day, 5.0),
        (UNPUBLISHED, last_day, 7000.0),
    ):
        yield from (row | {"run_id": run_id} for row in energy_rows(first, cut, shift_wh))


def forecast_rows(issued_at: datetime, run_id: str, hours: int = 48) -> Iterator[dict[str, Any]]:
    """Hourly forecasts of every home and the community."""
    for n in range(hours):
        time = issued_at + timedelta(hours=n)
        homes = [
            {
                q: sum(quantities_at(p, 1 + i / 3)[q] for p in periods(time, time + timedelta(hours=1)))
                for q in QUANTITIES
            }
            for i in range(len(HOMES))
        ]
        whole = {q: sum(home[q] for home in homes) for q in QUANTITIES}
        for installation_id, values in zip((*HOMES, COMMUNITY), [*homes, whole], strict=True):
            for quantity in ("generation", "consumption"):
                p50 = round(values[quantity] * 0.95, 3)
                yield {
                    "installation_id": installation_id,
                    "quantity": quantity,
                    "day": time.date(),
                    "time": time,
                    "issued_at": issued_at,
                    "run_id": run_id,
                    "p10": round(p50 * 0.7, 3),
                    "p50": p50,
                    "p90": round(p50 * 1.2, 3),
                    "model": "gbt",
                    "step": "history",
                }


def insert(session: Session, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows, all with the columns of the first."""
    columns = list(rows[0])
    marks = ", ".join("?" for _ in columns)
    statement = session.prepare(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})")  # noqa: S608
    execute_concurrent_with_args(session, statement, [[row[c] for c in columns] for row in rows], concurrency=200)


def fill(session: Session, cut: datetime, now: datetime, days: int) -> None:
    """``days`` of batch values up to ``cut``, the speed view from two hours before it to ``now``, forecasts, states.

    The older run holds every day, the newer re-states the last one 5 Wh higher a period; an unpublished one is there
    too. Speed values before the cut are 1,000 Wh off, so that nobody can mistake them.
    """
    for row in installations():
        insert(session, "installation", [row])
        dated.write(CAPACITY, session, {}, {row["installation_id"]: [Period(float(row["capacity_kw"]))]})
        if "community_id" in row:
            dated.write(MEMBERSHIP, session, {}, {row["installation_id"]: [Period(str(row["community_id"]))]})
    last_day = cut - timedelta(days=1)
    insert(session, "energy_batch", list(batch_rows(cut, days)))
    insert(session, "energy_speed", list(energy_rows(cut - timedelta(hours=2), cut, 1000.0)))
    insert(session, "energy_speed", list(energy_rows(cut, now)))
    insert(session, "forecast", list(forecast_rows(cut, NEW_RUN)))
    insert(session, "forecast", list(forecast_rows(last_day, OLD_RUN)))
    insert(session, "run", list(_runs(cut)))
    _skill(session)
    _errors(session)
    _alarm(session, cut)
    _states(session, now)
    _provenance(session, now)
    _accounts(session, cut)
    _metered(session, cut)


def _runs(cut: datetime) -> Iterator[dict[str, Any]]:
    for run_id, its_cut, published in (
        (OLD_RUN, cut - timedelta(days=1), cut - timedelta(days=1) + timedelta(minutes=7)),
        (NEW_RUN, cut, cut + timedelta(minutes=7)),
        (UNPUBLISHED, cut, None),
    ):
        yield {
            "name": "nightly",
            "run_id": run_id,
            "started": its_cut + timedelta(minutes=1),
            "published": published,
            "cut": its_cut,
            "issued_at": its_cut,
            "counts": {"energy": 1000},
            "skill": {"generation": 0.4},
        }


def _skill(session: Session) -> None:
    rows = [
        {
            "installation_id": installation_id,
            "quantity": quantity,
            "run_id": NEW_RUN,
            "days": 30,
            "hours": 720,
            "basis": "day ahead",
            "mae_wh": 120.5,
            "mae_yesterday_wh": 180.25,
            "mae_last_week_wh": 210.0,
            "rmse_wh": 200.0,
            "coverage_p10": 0.1,
            "coverage_p50": 0.5,
            "coverage_p90": 0.9,
            "pinball_wh": 40.0,
            "beats_naive": True,
            "published_model": "gbt",
        }
        for installation_id in (*HOMES, COMMUNITY)
        for quantity in ("generation", "consumption")
    ]
    insert(session, "forecast_skill", rows)


def _errors(session: Session) -> None:
    """By hours ahead twice, by month once more fully; a run that is not published says something else."""
    plain: dict[str, float | str] = {
        "mae_wh": 100.0,
        "mae_yesterday_wh": 200.0,
        "mae_last_week_wh": 300.0,
        "rmse_wh": 120.0,
        "bias_wh": -5.0,
        "installation_id": COMMUNITY,
        "quantity": "generation",
    }
    slices = [(OLD_RUN, "month", "2025-12", 700), (NEW_RUN, "month", "2025-12", 600)]
    slices += [(run, "horizon", hour, 30) for run in (OLD_RUN, NEW_RUN, UNPUBLISHED) for hour in ("09", "10")]
    names = ("run_id", "slice_by", "slice", "hours")
    insert(session, "forecast_error", [plain | dict(zip(names, each, strict=True)) for each in slices])


def _alarm(session: Session, cut: datetime) -> None:
    """A forecast that drifted a day before the cut and no longer does, and one that still does."""
    raised = cut - timedelta(days=1)
    plain = {"layer": "batch", "raised_at": raised, "device_id": "", "text": "drifts", "installation_id": COMMUNITY}
    month = f"{raised:%Y-%m}"
    cleared = plain | {"kind": "generation forecast drift", "cleared_at": cut}
    standing = plain | {"kind": "consumption forecast drift", "figures": {"now": 1.62, "then": 0.8}}
    insert(session, "alarm", [cleared | {"state": month}])
    insert(session, "alarm", [standing | {"state": state} for state in (month, "standing")])


def _states(session: Session, now: datetime) -> None:
    for n, home in enumerate(HOMES):
        measured = now - timedelta(seconds=3 if n else 4000)
        key = {"installation_id": home, "time": measured, "source": "test", "status": "producing"}
        power = {"device_id": f"{home}-inverter", "device_kind": "inverter", "ac_power_w": 1500.0 + 100 * n}
        flow = {"device_id": f"{home}-meter", "device_kind": "meter", "import_power_w": 0.0, "export_power_w": 900.0}
        insert(session, "inverter_state", [key | power])
        insert(session, "inverter_state", [key | flow])


def _provenance(session: Session, now: datetime) -> None:
    counts = {"received": 10, "accepted": 7, "duplicate": 2, "quarantined": 1, "late": 3, "written_at": now}
    insert(
        session,
        "ingest_ledger",
        [
            {"topic": "readings", "layer": layer, "batch_id": n} | counts
            for layer in ("speed", "batch")
            for n in range(3)
        ],
    )
    key = {"topic": "readings", "day": now.date(), "kafka_partition": 0, "received_at": now}
    messages = [(1, b"{", "not JSON: EOF"), (2, b"\xff\xfe", "not JSON: not UTF-8")]
    insert(
        session,
        "quarantine",
        [
            key | {"kafka_offset": offset, "reason": reason, "payload": payload, "payload_bytes": len(payload)}
            for offset, payload, reason in messages
        ],
    )
    hours = [now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(-24, 48)]
    insert(
        session,
        "price",
        [
            {
                "market": "pvpc", "zone": "ES-peninsula", "day": hour.date(), "start": hour,
                "known_at": now.replace(hour=0, minute=0) if n >= 36 else hours[0],
                "end": hour + timedelta(hours=1), "price_eur_mwh": 100.0 + hour.hour, "provider": "test",
                "kind": "forecast" if n >= 36 else "known", "p10": 80.0, "p90": 130.0, "model": "mlp",
            }
            for n, hour in enumerate(hours)
        ],
    )  # fmt: skip
    errors = {"days": 60, "hours": 1440, "rmse_eur_mwh": 5.0, "r2": 0.8, "pinball_eur_mwh": 1.5}
    insert(
        session,
        "price_skill",
        [
            {"market": "pvpc", "zone": "ES-peninsula", "run_id": run_id, "model": model, "mae_eur_mwh": mae}
            | {"coverage_p10": 0.1, "coverage_p90": 0.9, "is_published": model == "mlp"}
            | errors
            for run_id in (OLD_RUN, NEW_RUN, UNPUBLISHED)
            for model, mae in (("mlp", 4.0), ("same hour of the last known day", 6.0))
        ],
    )


def _metered(session: Session, cut: datetime) -> None:
    """What the distributor's meters showed of the month that holds the ``cut``."""
    named = {"month": cut.date().replace(day=1), "period": "P1", "known_at": cut, "source": "datadis"}
    homes = [named | {"installation_id": home} for home in HOMES]
    insert(session, "max_power", [home | {"power_w": 3000.0 + n, "at": cut} for n, home in enumerate(homes)])
    insert(session, "reactive_energy", [home | {"energy_varh": 500.0 - n} for n, home in enumerate(homes)])


def _accounts(session: Session, cut: datetime) -> None:
    """A gap that the newer run has restated, a run's changes, an official value and the one it became."""
    day = cut - timedelta(days=1)
    key = {"installation_id": HOMES[0], "month": day.date().replace(day=1), "quantity": "generation"}
    whole = key | {"day": day.date(), "device_id": f"{HOMES[0]}-inverter", "start": day, "completeness": 1.0}
    hours = timedelta(hours=6)
    gap = [
        whole | {"run_id": OLD_RUN, "until": cut, "state": "missing", "cause": "silent", "periods": 96},
        whole | {"run_id": NEW_RUN, "until": day + hours, "state": "present", "cause": "", "periods": 24},
        whole
        | {"run_id": NEW_RUN, "start": day + hours, "until": cut, "state": "estimated", "cause": "gap", "periods": 72},
        whole | {"run_id": UNPUBLISHED, "until": cut, "state": "lost", "cause": "jump", "periods": 96},
    ]
    insert(session, "gap", gap)
    change = {"installation_id": HOMES[0], "day": day.date(), "quantity": "generation", "why": "late", "periods": 72}
    change |= {"before_wh": 0.0, "after_wh": 5.5}
    insert(session, "change", [change | {"run_id": run_id} for run_id in (NEW_RUN, UNPUBLISHED)])
    said = {name: value for name, value in key.items() if name != "quantity"} | {"start": day, "end": day + QUARTER}
    said |= {"meter_id": "official", "source": "test"}
    insert(
        session,
        "official",
        [
            said | {"known_at": cut + timedelta(hours=n), "method": method, "export_wh": wh}
            for n, (method, wh) in enumerate((("estimated", 1.0), ("measured", 2.0)))
        ],
    )
