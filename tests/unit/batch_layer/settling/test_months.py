"""One community's month as a task of Spark is given it: what is as it was before is not written again."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from batch_layer.settling import settled
from batch_layer.settling.days import GENERATES, USES, by_day
from batch_layer.settling.months import BETAS, GENERATION, MEMBER, SAID, USE, Work, settle_month
from conf.tariffs import tariffs
from energy.calendar import MADRID
from energy.money.community.settled import UNKNOWN, month_hours
from energy.money.market import Market
from tests.support.money.bills import AGREED, HOME

MONTH = date(2026, 3, 1)
START, HOURS = month_hours(MONTH, MADRID)
WORK = Work(tariffs(), {"peninsula": Market({})}, 1)
KEY = ("valle", MONTH)
CONTRACTS = json.dumps([HOME | {"compensation": AGREED}])


def use(
    member: str, mwh: int, before: dict[str, Any] | None = None, without: int | None = None, estimated: int = 0
) -> dict[str, Any]:
    """A member's row, and of its days: so much in every hour, but for the one that is missing.

    The first ``estimated`` hours were not measured throughout.
    """
    was = None if before is None else np.concatenate([before[part] for part in settled.PARTS])
    said = None if before is None else "|".join("" if pd.isna(before[name]) else _text(before[name]) for name in SAID)
    hours = [mwh if n != without else UNKNOWN for n in range(HOURS)]
    return {
        "kind": MEMBER, "installation_id": member, "time_zone": "Europe/Madrid",
        "hours": "consecutive", "contracts": CONTRACTS, "why": "use", "agreement_key": "a", "supply_key": "s",
        "before": was, "said_before": said, "days": days_of(USE, member, hours, estimated),
    }  # fmt: skip


def days_of(kind: int, installation: str, hours: list[int], estimated: int = 0) -> list[dict[str, Any]]:
    """Rows of days with these hours, in four quarters each; of the first ``estimated`` hours one is not measured."""
    first = int(START.timestamp()) // 900
    batch = pa.record_batch({
        "installation_id": pa.array([installation] * len(hours) * 4),
        "quantity": pa.array([USES if kind == USE else GENERATES] * len(hours) * 4),
        "quarter": pa.array(range(first, first + 4 * len(hours)), pa.int32()),
        "stated": pa.array([mwh if mwh == UNKNOWN else mwh + (n < estimated and quarter == 2)
                            for n, mwh in enumerate(hours) for quarter in range(4)]),
        "run_id": pa.array(["20260401T000000Z"] * len(hours) * 4),
    })  # fmt: skip
    return [{"kind": kind} | row for found in by_day([batch]) for row in found.to_pylist()]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


Version = tuple[int, int, tuple[int | None, int | None]]
TWO: list[Version] = [(0, 100, (400_000, 600_000)), (100, HOURS, (600_000, 400_000))]
"""0.4 and 0.6 until hour 100, then the other way round."""


def group(*uses: dict[str, Any], versions: list[Version] = TWO, begun: int = 0) -> pd.DataFrame:
    """The community's rows: 3 kWh an hour, shared by ``versions``."""
    betas = [
        {"kind": BETAS, "installation_id": member, "first": first, "until": until, "number": 1, "betas": [beta],
         "begun": begun}
        for first, until, shares in versions
        for member, beta in zip(("ana", "bea"), shares, strict=True) if beta is not None
    ]  # fmt: skip
    days = [day for of in uses for day in of["days"]]
    rows = pd.DataFrame([*betas, *days_of(GENERATION, "roof", [3_000_000] * HOURS), *uses, *days])
    return rows.astype(object).where(rows.notna(), None)


def settle(*uses: dict[str, Any], versions: list[Version] = TWO, begun: int = 0) -> list[dict[str, Any]]:
    """The rows written."""
    found = settle_month(WORK, KEY, group(*uses, versions=versions, begun=begun))
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def test_versions_in_one_month_each_share_their_hours() -> None:
    ana, bea = settle(use("ana", 2_000_000), use("bea", 1_000_000))
    assert (ana["start"], len(ana["assigned"])) == (pd.Timestamp("2026-02-28T23:00"), HOURS)
    assert (ana["assigned"] + bea["assigned"] == 3_000_000).all()
    assert (ana["assigned"][99], ana["assigned"][100]) == (1_200_000, 1_800_000)
    assert (bea["self_consumed"][0], bea["surplus"][0], bea["grid"][0]) == (1_000_000, 800_000, 0)
    assert all(row["total_cents"] > 0 and row["saving_cents"] > 0 and row["note"] == "" for row in (ana, bea))
    assert (len(ana["changed"]), ana["changed_hours"]) == (HOURS, 0)


def test_what_is_as_it_was_is_not_written_and_what_changed_names_its_hours() -> None:
    ana, bea = settle(use("ana", 2_000_000), use("bea", 1_000_000))
    assert settle(use("ana", 2_000_000, ana), use("bea", 1_000_000, bea)) == []
    (row,) = settle(use("ana", 2_000_000, ana), use("bea", 1_000_000, bea, without=7))
    assert (row["installation_id"], list(row["changed"]), row["changed_hours"]) == ("bea", [7], 1)
    assert (row["assigned"][7], row["grid"][7], row["note"]) == (1_800_000, UNKNOWN, "incomplete")
    assert row["total_cents"] is None or pd.isna(row["total_cents"])


def test_a_missing_hour_that_comes_later_is_new_and_no_correction() -> None:
    (first,) = settle(use("bea", 1_000_000, without=7))
    (later,) = settle(use("bea", 1_000_000, first))
    assert (list(later["changed"]), later["changed_hours"], later["note"]) == ([7], 0, "")
    assert later["total_cents"] > 0


def test_what_is_estimated_is_told_of_the_hour_and_on_the_bill_until_it_is_measured() -> None:
    """3 hours of a use of 2 kWh were estimated; 0.4 of 3 kWh are shared, so 0.8 kWh of each came from the grid."""
    (ana,) = settle(use("ana", 2_000_000, estimated=3))
    assert list(ana["estimated"]) == [2] * 3 + [0] * (HOURS - 3)
    lines = json.loads(ana["lines"])
    assert sum(Decimal(line["estimated_kwh"] or 0) for line in lines) == Decimal("2.4")
    assert sum(Decimal(line["eur"]) for line in lines) * 100 == ana["total_cents"]
    assert [line["line"] for line in lines] == list(range(1, len(lines) + 1))
    (later,) = settle(use("ana", 2_000_000, ana))
    assert (list(later["changed"]), later["changed_hours"]) == ([0, 1, 2], 0), "the values are the same"
    assert sum(Decimal(line["estimated_kwh"] or 0) for line in json.loads(later["lines"])) == 0


def test_who_joins_within_the_month_pays_what_the_grid_gave_until_then() -> None:
    joins: list[Version] = [(0, 100, (1_000_000, None)), (100, HOURS, (600_000, 400_000))]
    ana, bea = settle(use("ana", 2_000_000), use("bea", 1_000_000), versions=joins)
    assert (bea["assigned"][99], bea["grid"][99], bea["self_consumed"][99]) == (0, 1_000_000, 0)
    assert (bea["assigned"][100], bea["grid"][100], bea["surplus"][100]) == (1_200_000, 0, 200_000)
    assert (ana["assigned"] + bea["assigned"] == 3_000_000).all()
    always, alone = (
        settle(use("bea", 1_000_000), versions=[(0, HOURS, (600_000, beta))])[0]["total_cents"] for beta in (400_000, 0)
    )
    assert always < bea["total_cents"] < alone
    assert bea["note"] == ""


def test_before_its_first_version_a_community_shares_nothing() -> None:
    late: list[Version] = [(100, HOURS, (600_000, 400_000))]
    ana, _ = settle(use("ana", 2_000_000), use("bea", 1_000_000), versions=late, begun=100)
    assert (ana["assigned"][99], ana["grid"][99], ana["note"]) == (0, 2_000_000, "")
    ana, _ = settle(use("ana", 2_000_000), use("bea", 1_000_000), versions=late)
    assert (ana["assigned"][99], ana["note"]) == (UNKNOWN, "the coefficient file of the year is missing")
