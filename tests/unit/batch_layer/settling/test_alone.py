"""One month of who shares nothing, as a task of Spark is given it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from batch_layer.settling import settled
from batch_layer.settling.alone import ENDED, LEFT_OUT, Work, bill_month
from batch_layer.settling.days import ESTIMATED, METERED, by_day
from batch_layer.settling.months import MEMBER, SAID
from conf.tariffs import tariffs
from energy.calendar import CANARY, MADRID
from energy.money.community.settled import INCOMPLETE, NO_USE, UNKNOWN, month_hours
from energy.money.market import Market
from tests.support.money.bills import AGREED, HOME

MONTH = date(2026, 3, 1)
START, HOURS = month_hours(MONTH, MADRID)
WORK = Work(tariffs(), {15: {}, 60: {"peninsula": Market({})}}, 1)
FLAT = {"kind": "flat", "price_eur_kwh": "0.15"}
QUARTERS = {"import": [500, 500, 0, 0], "export": [0, 0, 300, 300], "consumption": [600, 600, 100, 100]}
"""Wh of each hour's quarters."""


def group(
    stated: dict[str, Any] | None = None, without: str = "", before: dict[str, Any] | None = None, zone: str = "",
    estimated: int = 0, agreement_key: str = settled.ALONE_KEY,
) -> pd.DataFrame:  # fmt: skip
    """The rows of a month: :data:`QUARTERS` in every hour; quantities named by ``without`` are not known."""
    was = None if before is None else np.concatenate([before[part] for part in settled.PARTS])
    said = None if before is None else "|".join("" if pd.isna(before[name]) else _text(before[name]) for name in SAID)
    own = {
        "kind": MEMBER, "installation_id": "casa", "time_zone": zone or "Europe/Madrid", "why": "new", "metered": None,
        "contracts": json.dumps([HOME | {"compensation": AGREED} | (stated or {})]), "supply_key": "s",
        "agreement_key": agreement_key, "before": was, "said_before": said, "first_hour": START.replace(tzinfo=None),
    }  # fmt: skip
    start, hours = month_hours(MONTH, CANARY if zone else MADRID)
    first, days = int(start.timestamp()) // 900, []
    for quantity in METERED:
        if quantity in without:
            continue
        batch = pa.record_batch({
            "installation_id": pa.array(["casa"] * hours * 4),
            "quantity": pa.array([quantity] * hours * 4),
            "quarter": pa.array(range(first, first + 4 * hours), pa.int32()),
            "stated": pa.array([wh * 4000 + (ESTIMATED if n < estimated else 0)
                                for n in range(hours) for wh in QUARTERS[quantity]]),
            "run_id": pa.array(["20260401T000000Z"] * hours * 4),
        })  # fmt: skip
        days += [row for found in by_day([batch]) for row in found.to_pylist()]
    rows = pd.DataFrame([own, *days], columns=[*own, "quantity", "day", "run_id", "stated"])
    return rows.astype(object).where(rows.notna(), None)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def billed(*of: Any, community: str = settled.ALONE, **named: Any) -> dict[str, Any] | None:
    """The row written, if any."""
    rows = bill_month(WORK, (community, "casa", MONTH), group(*of, **named)).to_dict("records")
    found = [{str(name): value for name, value in row.items()} for row in rows]
    return found[0] if found else None


@pytest.mark.parametrize(("minutes", "grid", "surplus", "own"), [(60, 400, 0, 1000), (15, 1000, 600, 400)])
def test_hours_are_what_the_contracts_windows_leave(minutes: int, grid: int, surplus: int, own: int) -> None:
    row = billed({"conventions": {"netting_minutes": minutes}, "energy": FLAT})
    assert row is not None
    assert (row["community_id"], row["start"]) == ("", pd.Timestamp(START).tz_localize(None))
    for name, wh in (("assigned", 0), ("grid", grid), ("surplus", surplus), ("self_consumed", own)):
        assert row[name].tolist() == [wh * 1000] * HOURS
    assert (row["total_cents"] > 0, row["note"]) == (True, "")
    energy = sum(float(line["quantity"]) for line in json.loads(row["lines"]) if line["kind"] == "energy")
    assert energy == pytest.approx(HOURS * grid / 1000)


def test_by_the_clock_of_canarias_the_month_begins_an_hour_later() -> None:
    row = billed({"territory": "canarias", "energy": FLAT}, zone="Atlantic/Canary")
    assert row is not None
    assert (len(row["grid"]), row["note"]) == (HOURS, "")
    assert min(line["since"] for line in json.loads(row["lines"])) == "2026-03-01"


def test_what_is_as_it_was_is_not_written_and_what_was_estimated_is_told() -> None:
    first = billed(estimated=3)
    assert first is not None
    assert first["estimated"].tolist() == [2] * 3 + [0] * (HOURS - 3)
    assert billed(before=first, estimated=3) is None
    later = billed(before=first)
    assert later is not None
    assert (later["changed_hours"], later["total_cents"]) == (0, first["total_cents"])


def test_without_use_there_is_a_total_and_no_saving() -> None:
    row, whole = billed(without="consumption"), billed()
    assert row is not None
    assert whole is not None
    assert (row["total_cents"], row["note"]) == (whole["total_cents"], NO_USE)
    assert pd.isna(row["saving_cents"])
    assert (row["self_consumed"] == UNKNOWN).all()


def test_without_import_nothing_is_billed_and_without_anything_nothing_is_told() -> None:
    row, nothing, whole = billed(without="import"), billed(without="import export consumption"), billed()
    assert row is not None
    assert nothing is not None
    assert (row["note"], row["lines"], nothing["note"]) == (INCOMPLETE, None, settled.NO_ENERGY)
    assert billed(without="import export consumption", before=nothing) is None
    gone = billed(without="import export consumption", before=whole)
    assert gone is not None
    assert (gone["note"], gone["changed_hours"]) == (INCOMPLETE, HOURS), "what was billed is taken back"


@pytest.mark.parametrize(("community", "note"), [(settled.ALONE, ENDED), ("valle", LEFT_OUT)])
def test_who_shares_by_now_or_no_more_is_told_so(community: str, note: str) -> None:
    row = billed(before=billed(), agreement_key=settled.ENDED_KEY, without="import export consumption",
                 community=community)  # fmt: skip
    assert row is not None
    assert (row["community_id"], row["note"], row["lines"], len(row["grid"])) == (community, note, None, HOURS)
    assert (row["grid"] == UNKNOWN).all()
