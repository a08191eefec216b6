"""A night bills who shares nothing as the plain functions do, and again only what has changed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer import runs, settle
from batch_layer.artifacts import AFFECTED, SETTLEMENT
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Run
from batch_layer.settling import agreements, alone
from conf import Settings
from conf.tariffs import tariffs
from energy.calendar import MADRID, day_start, months_later
from energy.money.billing.bill import bill, owed_lines
from energy.money.billing.days import calendar
from energy.money.billing.maximeter import with_maximeter
from energy.money.billing.reactive import with_reactive
from energy.money.community.agreement import Version, agreement
from energy.money.community.settled import INCOMPLETE, NO_USE
from energy.money.contract import CONTRACTS
from energy.money.exact import cents
from energy.money.market import SPOT, Market, Quote, of_windows
from energy.money.netting import Flow, Flows, Metered, net
from energy.money.periods import TERRITORIES
from energy.money.saving import without_sharing
from ingest.catalogue.agreement import rows as agreement_rows
from store.history.energy_files import COLUMNS
from tests.support.money.bills import AGREED, HOME

SEPTEMBER, OCTOBER = date(2025, 9, 1), date(2025, 10, 1)
CUT = datetime(2025, 11, 3, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
FLAT = {"kind": "flat", "price_eur_kwh": "0.15"}
SHOP = HOME | {"access_tariff": "3.0TD", "power_kw": ["16"] * 6, "energy": FLAT}
CONTRACTS_OF: dict[str, dict[str, Any]] = {
    "casa": HOME | {"compensation": AGREED},
    "isla": HOME | {"territory": "canarias", "energy": FLAT, "compensation": AGREED,
                    "conventions": {"netting_minutes": 15}},
    "indice": HOME | {"energy": {"kind": "indexed", "markup_eur_kwh": ["0.01"]}, "compensation": AGREED,
                      "conventions": {"netting_minutes": 15}},
    "tienda": SHOP,
    "taller": SHOP | {"maximeter": True},
    "piso": HOME | {"energy": FLAT},
    "hueco": HOME | {"from": "2025-09-15"},
    "nadie": HOME,
}  # fmt: skip
STATED = {"tienda": {"power": {f"P{n}": 19_000.0 for n in range(1, 7)}, "reactive": {"P6": 1.0, "P4": 9e6}}}
PRICES = (
    "market string, zone string, start timestamp, end timestamp, price_eur_mwh double, provider string, "
    "known_at timestamp, kafka_partition int, kafka_offset bigint, received_at timestamp, event_day date"
)
Month = tuple[str, date]


def quotes() -> list[Quote]:
    """A price for each quarter-hour of both months."""
    dice, start = random.Random(2), datetime(2025, 8, 31, tzinfo=timezone.utc)
    return [
        Quote(start + n * QUARTER, start + (n + 1) * QUARTER, float(dice.randrange(-20, 300))) for n in range(96 * 63)
    ]


class World:
    """Homes' metered quarter-hours, and the nights that bill them."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self.spark, self.settings = spark, settings
        self.night = Night(spark, settings, Run("20251103T000500Z", CUT, CUT))
        self.contracts = dict(CONTRACTS_OF)
        self.shared: tuple[str, ...] = ()
        dice = random.Random(5)
        self.flows: dict[tuple[str, str], dict[datetime, Flow]] = {}
        for name in CONTRACTS_OF:
            for quantity in ("import", "export", "consumption"):
                self.flows[name, quantity] = {} if name == "nadie" else self._flows(dice, name, quantity)
        self.flows["piso", "export"] = {}
        for at in list(self.flows["piso", "consumption"])[5:7]:
            del self.flows["piso", "consumption"][at]
        del self.flows["hueco", "import"][datetime(2025, 10, 20, 10, tzinfo=timezone.utc)]

    @staticmethod
    def _flows(dice: random.Random, name: str, quantity: str) -> dict[datetime, Flow]:
        zone = TERRITORIES[CONTRACTS_OF[name]["territory"]]
        start, end = day_start(SEPTEMBER, zone), day_start(months_later(OCTOBER), zone)
        most = 7_000_000 if "t" in name else 900_000
        return {
            start + n * QUARTER: Flow(dice.randrange(most), is_measured=bool(dice.randrange(99) or name == "taller"))
            for n in range((end - start) // QUARTER)
        }

    def bring(self, of: Iterable[tuple[str, str, datetime, Flow]]) -> None:
        """Energy rows of the night."""
        rows = [
            (name, quantity, at, flow.mwh / 1000, 1.0 if flow.is_measured else 0.5, "measured", None, None, "", None,
             "new", at.date())
            for name, quantity, at, flow in of
        ]  # fmt: skip
        days = sorted({row[-1] for row in rows})
        schema = f"{COLUMNS}, {energy_view.CHANGE}, event_day date"
        energy_view.write_changes(self.night, self.spark.createDataFrame(rows, schema), days)
        AFFECTED.write(self.night, self.spark.createDataFrame([("x", day, False) for day in days], AFFECTED.columns))

    def everything(self) -> list[tuple[str, str, datetime, Flow]]:
        """All that was metered."""
        return [(*key, at, flow) for key, of in self.flows.items() for at, flow in of.items()]

    def quote(self) -> None:
        """The prices of the index."""
        rows = [
            (SPOT, "ES", q.start, q.end, q.price_eur_mwh, "test", CUT, 0, n, CUT, q.start.date())
            for n, q in enumerate(quotes())
        ]
        dataset.append(self.spark, self.settings, "prices", 0, self.spark.createDataFrame(rows, PRICES))

    def settle(self) -> dict[Month, Any]:
        """Settle what is due: the rows that the night tells of who shares nothing."""
        agreed = [
            row for member in self.shared
            for row in agreement_rows("valle", "roof", agreement([Version(OCTOBER, {member: 10**6})], MADRID,
                                                                 "consecutive"))
        ]  # fmt: skip
        stated = [(name, json.dumps([each])) for name, each in self.contracts.items()]
        shown = [
            (name, OCTOBER, json.dumps([{"kind": kind, "period": period, "value": value}
                                        for kind, values in of.items() for period, value in values.items()]))
            for name, of in STATED.items()
        ]  # fmt: skip
        outcome = settle.settle(
            self.night,
            self.spark.createDataFrame(agreed, agreements.TABLE),
            self.spark.createDataFrame([*stated, ("roof", None)], "installation_id string, contracts string"),
            self.spark.createDataFrame(shown, alone.STATED),
        )
        run = runs.finish(self.spark, self.settings, self.night.run, "settle", outcome)
        self.night = replace(self.night, run=run)
        rows = SETTLEMENT.table_rows(self.night).collect()
        assert outcome.counts["settled_months"] == len(rows)
        return {(row.installation_id, row.month): row for row in rows if row.community_id == ""}

    def lines(self) -> dict[Month, list[tuple[Any, ...]]]:
        """The lines of the night's bills in their order."""
        found: dict[Month, list[tuple[Any, ...]]] = {}
        for row in SETTLEMENT.line_rows(self.night).orderBy("line").collect():
            said = (row.kind, row.period, row.quantity, row.eur, row.estimated_kwh)
            found.setdefault((row.installation_id, row.month), []).append(said)
        return found

    def next(self) -> None:
        """The next night comes after this one, which is published."""
        run = self.night.run
        published = (*run.published, run.run_id)
        self.night = replace(self.night, run=Run(f"202511{3 + len(published):02d}T000500Z", CUT, CUT, published, CUT))
        self.bring([])

    def plainly(self, name: str, month: date) -> tuple[Decimal, Decimal | None, list[tuple[Any, ...]]]:
        """Total, saving and lines by the functions that REST and the command line ask."""
        days = calendar(tariffs(), CONTRACTS.validate_python([self.contracts[name]]), month, months_later(month))
        if month == OCTOBER and name in STATED:
            days = with_reactive(with_maximeter(days, STATED[name]["power"]), STATED[name]["reactive"])
        of: list[Flows] = [
            {at: flow for at, flow in self.flows[name, quantity].items()
             if month <= at.astimezone(days.zone).date() < months_later(month)}
            for quantity in ("import", "export", "consumption")
        ]  # fmt: skip
        windows = net(days.windows(), days.window, Metered(*of))
        market = Market({SPOT: of_windows(quotes(), days.window)})
        made, plain = bill(tariffs(), days, windows, market), without_sharing(days, windows)
        assert made.is_complete
        assert len(made.cases) == 1
        total = made.cases[0].total
        saving = None if plain is None else cents(bill(tariffs(), *plain, market).cases[0].total - total)
        lines = [
            (each.line.kind, each.line.period, each.line.quantity, cents(each.line.amount), each.line.estimated_kwh)
            for each in owed_lines(made)
        ]
        return cents(total), saving, lines


@pytest.fixture
def world(spark: SparkSession, settings: Settings) -> World:
    of = World(spark, settings)
    of.quote()
    of.bring(of.everything())
    return of


BILLED = [(name, month) for name in ("casa", "isla", "indice", "tienda", "taller", "piso")
          for month in (SEPTEMBER, OCTOBER)]  # fmt: skip


def test_every_month_is_what_the_plain_functions_bill(world: World) -> None:
    """With a day of 25 hours, windows of a quarter-hour, the clock of Canarias, and a distributor's maximeter."""
    found, lines = world.settle(), world.lines()
    assert set(found) == {*BILLED, ("hueco", SEPTEMBER), ("hueco", OCTOBER)}, "nothing is known of nadie"
    for key in BILLED:
        total, saving, expected = world.plainly(*key)
        assert (found[key].total_eur, found[key].saving_eur, lines[key]) == (total, saving, expected), key
        assert (found[key].community_id, found[key].assigned_wh) == ("", 0.0)
        assert found[key].known_hours == found[key].hours
    assert lines.keys() == set(BILLED)
    assert {line[0] for line in lines["tienda", OCTOBER]} >= {"excess power", "reactive energy"}
    assert "excess power" not in {line[0] for line in lines["tienda", SEPTEMBER]}, "not every quarter was measured"
    assert "excess power" in {line[0] for line in lines["taller", SEPTEMBER]}
    assert found["casa", OCTOBER].hours == 745
    assert (found["piso", SEPTEMBER].saving_eur, found["piso", SEPTEMBER].note) == (None, NO_USE)
    assert found["piso", OCTOBER].note is None
    assert found["casa", OCTOBER].estimated_hours > 0
    assert (found["hueco", OCTOBER].total_eur, found["hueco", OCTOBER].note) == (None, INCOMPLETE)
    assert found["hueco", OCTOBER].known_hours == 744
    assert found["hueco", SEPTEMBER].note == "no contract holds on 2025-09-01"
    assert SETTLEMENT.hour_rows(world.night).isEmpty()


def test_only_what_has_changed_is_billed_anew(world: World) -> None:
    first = world.settle()
    world.next()
    assert world.settle() == {}, "nothing has changed"

    world.next()
    at = datetime(2025, 10, 20, 10, tzinfo=timezone.utc)
    more = Flow(world.flows["casa", "import"][at].mwh + 4_000_000)
    world.flows["casa", "import"][at] = world.flows["hueco", "import"][at] = more
    world.bring([("casa", "import", at, more), ("hueco", "import", at, more)])
    world.contracts["piso"] = world.contracts["piso"] | {"power_kw": ["3.45", "3.45"]}
    found, lines = world.settle(), world.lines()
    assert {key: (row.why, row.changed_hours) for key, row in found.items()} == {
        ("casa", OCTOBER): ("import or export", 1),
        ("hueco", OCTOBER): ("import or export", 0),
        ("piso", SEPTEMBER): ("contract, prices or rules", 0),
        ("piso", OCTOBER): ("contract, prices or rules", 0),
    }
    for key, row in found.items():
        assert (row.total_eur, row.saving_eur, lines[key]) == world.plainly(*key)
    assert found["casa", OCTOBER].total_eur > first["casa", OCTOBER].total_eur


def test_who_comes_to_share_or_has_no_contract_is_billed_alone_no_more(world: World) -> None:
    world.settle()
    world.next()
    world.shared = ("casa",)
    del world.contracts["isla"]
    found = world.settle()
    assert set(found) == {("casa", OCTOBER), ("isla", SEPTEMBER), ("isla", OCTOBER)}
    assert {(row.total_eur, row.known_hours, row.note) for row in found.values()} == {(None, 0, alone.ENDED)}
    assert found["casa", OCTOBER].hours == 745
    assert world.lines() == {}

    world.next()
    world.shared = ()
    ((key, row),) = world.settle().items()
    assert (key, row.total_eur) == (("casa", OCTOBER), world.plainly("casa", OCTOBER)[0])
    assert row.why.startswith("agreement")
