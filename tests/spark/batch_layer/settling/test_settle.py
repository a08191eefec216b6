"""Settling in Spark says to the mWh and cent what the plain functions do, and settles again what is touched."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from pyspark.sql import SparkSession

from batch_layer import runs, settle
from batch_layer.artifacts import AFFECTED, SETTLEMENT
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Run
from batch_layer.settling import agreements, alone
from conf import Settings
from energy.calendar import MADRID
from energy.money.community.agreement import Version, agreement
from energy.money.community.settled import CONDITIONAL, INCOMPLETE
from energy.money.community.sharing import Shared
from energy.money.exact import cents
from energy.money.market import PVPC, SPOT, SURPLUS, Market
from energy.money.taxes import OTHERWISE
from ingest.catalogue.agreement import rows as agreement_rows
from store.history.energy_files import COLUMNS
from tests.support.money.bills import HOME
from tests.support.money.settlement import Community, Plain, by_chance, parts, plainly, prices

JUNE = date(2026, 6, 1)
MONTHS = [date(2025, 10, 1), JUNE]
CUT = datetime(2026, 7, 31, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
PLACES = {PVPC: "ES-peninsula", SPOT: "ES", SURPLUS: "ES"}
PRICES = (
    "market string, zone string, start timestamp, end timestamp, price_eur_mwh double, provider string, "
    "known_at timestamp, kafka_partition int, kafka_offset bigint, received_at timestamp, event_day date"
)
Energy = tuple[str, str, datetime, int]
"""Installation, quantity, hour and its mWh."""


class World:
    """A folder in HDFS's place that holds what a community has, and the nights that settle it."""

    def __init__(self, spark: SparkSession, settings: Settings, of: Community, months: list[date]) -> None:
        self.spark, self.settings, self.of, self.of_months = spark, settings, of, months
        self.community = "valle"
        self.quoted = prices(1, months)
        self.night = Night(spark, settings, Run("20260731T000500Z", CUT, CUT))

    def bring(
        self, energy: Iterable[tuple[str, str, datetime, int]], torn: Iterable[tuple[str, datetime]] = ()
    ) -> None:
        """Energy rows of the night, in uneven quarters.

        Of the ``torn`` hours of an installation the third quarter is missing.
        """
        without = set(torn)
        rows = [
            (installation, quantity, hour + n * QUARTER, (mwh // 4 + (n < mwh % 4)) / 1000,
             *self.evidence(installation, hour, n), None, "new", (hour + n * QUARTER).date())
            for installation, quantity, hour, mwh in energy
            for n in range(4)
            if n != 2 or (installation, hour) not in without
        ]  # fmt: skip
        schema = f"{COLUMNS}, {energy_view.CHANGE}, event_day date"
        days = sorted({row[-1] for row in rows})
        energy_view.write_changes(self.night, self.spark.createDataFrame(rows, schema), days)
        AFFECTED.write(self.night, self.spark.createDataFrame([("x", day, False) for day in days], AFFECTED.columns))

    def evidence(self, installation: str, hour: datetime, n: int) -> tuple[float, str, None, None, str | None]:
        """Completeness, method, bounds and cause of an hour's quarter; of an estimated hour one was not measured."""
        if n == 1 and hour in self.of.estimated.get(installation, ()):
            doubts = [(0.5, "measured", ""), (1.0, "estimated", ""), (1.0, "spread", "gap"), (1.0, "integrated", None)]
            completeness, method, cause = doubts[hour.hour % 4]
            return completeness, method, None, None, cause
        return 1.0, ("measured", "official", "spread", "measured")[n], None, None, None if n % 2 else ""

    def everything(self) -> list[Energy]:
        """All the energy that the community has."""
        own = [(member, "consumption", hour, mwh) for member, of in self.of.uses.items() for hour, mwh in of.items()]
        return [*own, *(("roof", "generation", hour, mwh) for hour, mwh in self.of.generation.items())]

    def quote(self, batch: int, markets: Iterable[str], more: int = 0) -> None:
        """Prices of every hour; those of a later batch are known later."""
        hour = timedelta(hours=1)
        rows = [
            (market, PLACES[market], start, start + hour, (price + more) / 1000, "test", CUT + batch * hour,
             0, n, CUT, start.date())
            for market in markets
            for n, (start, price) in enumerate(self.quoted.items())
        ]  # fmt: skip
        dataset.append(self.spark, self.settings, "prices", batch, self.spark.createDataFrame(rows, PRICES))

    def settle(self) -> dict[str, int]:
        """Settle what is due, as the night does."""
        agreed = list(agreement_rows(self.community, "roof", self.of.agreement))
        table = self.spark.createDataFrame(agreed, agreements.TABLE)
        stated = [(member, json.dumps(each, default=str)) for member, each in self.of.contracts.items()]
        contracts = self.spark.createDataFrame(stated, "installation_id string, contracts string")
        outcome = settle.settle(self.night, table, contracts, self.spark.createDataFrame([], alone.STATED))
        run = runs.finish(self.spark, self.settings, self.night.run, "settle", outcome)
        self.night = replace(self.night, run=run)
        return dict(outcome.counts)

    def publish(self) -> None:
        """The next night comes after this one, which is published."""
        run, later = self.night.run, f"202608{2 + len(self.night.run.published):02d}T000500Z"
        published = (*run.published, run.run_id)
        self.night = replace(self.night, run=Run(later, CUT, CUT, published, CUT))
        self.bring([])

    def months(self) -> dict[tuple[str, date], Any]:
        """The month rows of the night by member and month."""
        return {(row.installation_id, row.month): row for row in SETTLEMENT.table_rows(self.night).collect()}

    def hours(self) -> dict[tuple[str, datetime], tuple[Any, ...]]:
        """The hour rows of the night, in mWh, and what of them is estimated."""
        rows = SETTLEMENT.hour_rows(self.night).selectExpr("*", "unix_micros(start) AS us").collect()
        names = ("assigned_wh", "self_consumed_wh", "surplus_wh", "grid_wh")
        return {
            (row.installation_id, datetime.fromtimestamp(row.us / 1e6, timezone.utc)): (
                *(None if row[name] is None else round(row[name] * 1000) for name in names),
                row.estimated,
            )
            for row in rows
        }

    def lines(self) -> dict[tuple[str, date], list[tuple[Any, ...]]]:
        """The lines of the night's bills in their order, by member and month."""
        found: dict[tuple[str, date], list[tuple[Any, ...]]] = {}
        for row in SETTLEMENT.line_rows(self.night).orderBy("line").collect():
            said = (row.line, row.kind, row.period, row.quantity, row.eur, row.estimated_kwh, row.condition)
            found.setdefault((row.installation_id, row.month), []).append(said)
        return found

    def plain(self) -> dict[tuple[str, date], Plain]:
        """The same by the plain functions."""
        market = Market(dict.fromkeys(PLACES, self.quoted))
        found = {month: plainly(self.of, month, market) for month in self.of_months}
        return {(member, month): each for month, of in found.items() for member, each in of.items()}

    def totals(self) -> dict[tuple[str, date], Any]:
        """What each member owes, by the plain functions."""
        return {key: each.total for key, each in self.plain().items()}

    def take_back(self, member: str, hour: datetime) -> None:
        """A value of the member's use has lost its evidence."""
        row = (member, "consumption", hour, None, 0.0, "withdrawn", None, None, "", 1.0, "corrected", hour.date())
        schema = f"{COLUMNS}, {energy_view.CHANGE}, event_day date"
        energy_view.write_changes(self.night, self.spark.createDataFrame([row], schema), [hour.date()])
        AFFECTED.write(self.night, self.spark.createDataFrame([("x", hour.date(), False)], AFFECTED.columns))


def told(of: Shared) -> str | None:
    """What of an hour is estimated, as the table says it."""
    return ("", "generation", "use", "generation, use")[of.estimated]


def check(world: World) -> None:
    """What is settled, all nights together, is what the plain functions say."""
    months, hours, lines = world.months(), world.hours(), world.lines()
    plain = world.plain()
    assert months.keys() >= plain.keys()
    for (member, month), row in months.items():
        expected = plain.get((member, month), Plain({}, None, None))
        assert (row.total_eur, row.saving_eur) == (expected.total, expected.saving), (member, month, row.note)
        shown: dict[datetime, tuple[Any, ...]] = {h: (*each[:4], told(each)) for h, each in expected.hours.items()}
        found = {hour: hours[member, hour] for hour in world.of.hours(month) if (member, hour) in hours}
        assert found == shown
        assert row.known_hours == sum(each[1] is not None for each in shown.values())
        sums = [sum(each[n] or 0 for each in shown.values()) for n in range(4)]
        assert [round(row[f"{part}_wh"] * 1000) for part in ("assigned", "self_consumed", "surplus", "grid")] == sums
        each_hour = expected.hours.values()
        assert row.estimated_hours == sum(each.estimated != 0 for each in each_hour)
        assert [round(row[name] * 1000) for name in ("estimated_assigned_wh", "estimated_grid_wh")] == [
            sum(each.assigned for each in each_hour if each.estimated & 1),
            sum(each.grid or 0 for each in each_hour if each.estimated),
        ]
        assert [line[:6] for line in lines.get((member, month), [])] == [
            (n, each.line.kind, each.line.period, each.line.quantity, cents(each.line.amount), each.line.estimated_kwh)
            for n, each in enumerate(expected.lines, start=1)
        ]
    assert any(row.estimated_grid_wh for row in months.values())


def test_it_is_the_plain_arithmetic(spark: SparkSession, settings: Settings) -> None:
    """With hours of the wall clock, a day of 25, a version that begins in June, and hours that are missing."""
    of = World(spark, settings, by_chance(11, MONTHS, "clock", holes=1), MONTHS)
    of.quote(0, PLACES)
    of.bring(of.everything())
    counts = of.settle()
    assert counts["settled_months"] > 0
    assert counts["corrected_hours"] == 0
    assert 0 < counts["billed_months"] < counts["settled_months"]
    check(of)
    shared: dict[datetime, int] = {}
    for (_, hour), (assigned, *_rest) in of.hours().items():
        shared[hour] = shared.get(hour, 0) + (assigned or 0)
    assert {hour: mwh for hour, mwh in shared.items() if mwh or hour in of.of.generation} == of.of.generation


def test_members_come_and_go_clocks_change_and_quarters_are_missing(spark: SparkSession, settings: Settings) -> None:
    """The last member joins on the day of 25 hours, the first leaves in the month with a day of 23."""
    months = [date(2025, 10, 1), date(2026, 3, 1)]
    found, dice = by_chance(4, months, "consecutive"), random.Random(4)
    members = sorted(found.uses)
    assert len(members) > 2
    versions = (
        Version(date(2025, 6, 1), parts(dice, members[:-1])),
        Version(date(2025, 10, 26), parts(dice, members)),
        Version(date(2026, 3, 17), parts(dice, members[1:])),
    )
    found.agreement = agreement(versions, MADRID, found.agreement.rule)
    of = World(spark, settings, found, months)
    of.quote(0, PLACES)
    torn = [(members[1], dice.choice(found.hours(month))) for month in months]
    torn.append(("roof", found.hours(months[1])[150]))
    of.bring(of.everything(), torn)
    for installation, hour in torn:
        (found.generation if installation == "roof" else found.uses[installation]).pop(hour, None)
    of.settle()
    check(of)
    settled = of.months()
    assert (members[0], date(2026, 4, 1)) not in settled
    assert {settled[members[n], months[1]].known_hours for n in (0, -1)} == {743 - 1}
    assert settled[members[-1], months[0]].known_hours == 745


def test_later_nights_settle_again_what_they_change_alone(spark: SparkSession, settings: Settings) -> None:
    world = World(spark, settings, by_chance(7, [JUNE]), [JUNE])
    members = sorted(world.of.uses)
    plain = {"energy": {"kind": "flat", "price_eur_kwh": "0.15"}, "compensation": {"kind": "none"}}
    world.of.contracts = {member: [HOME | plain] for member in members}
    world.of.contracts["m0"] = [HOME | plain | {"energy": {"kind": "pvpc"}}]
    world.quote(0, [PVPC])
    late = world.of.hours(JUNE)[400]
    generated = world.of.generation.pop(late)
    world.bring(world.everything())
    first = world.settle()
    assert {row.note for (_, month), row in world.months().items() if month == JUNE} == {"incomplete"}
    before, hours = world.months(), world.hours()
    assert world.settle() == first  # killed, and done again
    assert (world.months(), world.hours()) == (before, hours)

    world.publish()
    assert world.settle() == {"settled_months": 0, "billed_months": 0, "corrected_hours": 0}

    world.publish()  # generation that comes late is every member's
    world.of.generation[late] = generated
    world.bring([("roof", "generation", late, generated)])
    whole = sum(total is not None for total in world.totals().values())
    assert whole == len(members), "also the last one, who joins in the midst of the month"
    assert world.settle() == {"settled_months": len(members), "billed_months": whole, "corrected_hours": 0}
    assert {at for _, at in world.hours()} == {late}
    assert {(month, row.why) for (_, month), row in world.months().items()} == {(JUNE, "generation")}
    assert {key: row.total_eur for key, row in world.months().items()} == world.totals()

    world.publish()  # a corrected use is its member's alone, and so is another contract
    hour = world.of.hours(JUNE)[100]
    world.of.uses["m0"][hour] += 1_000_000
    world.bring([("m0", "consumption", hour, world.of.uses["m0"][hour])])
    world.of.contracts["m1"] = [{**world.of.contracts["m1"][0], "power_kw": ["5.75", "5.75"]}]
    world.settle()
    changed = world.months()
    assert {(member, row.why) for (member, _), row in changed.items()} == {
        ("m0", "use"), ("m1", "contract, prices or rules")
    }  # fmt: skip
    assert [month for member, month in changed if member == "m0"] == [JUNE]
    assert list(world.hours()) == [("m0", hour)]
    for key in (("m0", JUNE), ("m1", JUNE)):
        assert changed[key].total_eur == world.totals()[key]

    world.publish()  # so is a price that is known later
    before, key = world.totals(), ("m0", JUNE)
    world.quote(1, [PVPC], more=1000)
    world.quoted = {at: price + 1000 for at, price in world.quoted.items()}
    world.settle()
    assert {(member, row.why) for (member, _), row in world.months().items()} == {("m0", "contract, prices or rules")}
    assert world.months()[key].total_eur == world.totals()[key] > before[key]
    assert world.hours() == {}

    world.publish()  # what is taken back is known no more
    world.take_back("m0", hour)
    assert world.settle() == {"settled_months": 1, "billed_months": 0, "corrected_hours": 1}
    ((key, row),) = world.months().items()
    assert (key, row.note, row.total_eur) == (("m0", JUNE), "incomplete", None)
    ((_, energies),) = world.hours().items()
    assert (energies[0] is None, *energies[1:4]) == (False, None, None, None)

    world.publish()  # without its second version the first goes on from there
    world.of.agreement = replace(world.of.agreement, versions=world.of.agreement.versions[:1])
    world.settle()
    rows = SETTLEMENT.table_rows(world.night).collect()
    (joined,) = {row.installation_id for row in rows if row.why == "new"}
    assert {(row.month, row.why) for row in rows} == {(JUNE, "agreement"), (date(2026, 7, 1), "agreement"),
                                                      (JUNE, "new")}  # fmt: skip
    told = {(row.community_id, row.note, row.total_eur is None) for row in rows if row.installation_id == joined}
    # Billed alone from then on, if its import were known.
    assert told == {("valle", alone.LEFT_OUT, True), ("", INCOMPLETE, True)}
    left_out = {energies[:4] for (member, _), energies in world.hours().items() if member == joined}
    assert left_out == {(None, None, None, None)}


def test_who_changes_the_community_has_one_bill_and_one_share(spark: SparkSession, settings: Settings) -> None:
    world = World(spark, settings, by_chance(7, [JUNE]), [JUNE])
    world.of.contracts = {}
    world.quote(0, [PVPC])
    world.bring(world.everything())
    world.settle()
    before = world.hours()

    world.publish()
    world.community = "vega"
    world.settle()
    after = {(row.community_id, row.known_hours > 0) for row in SETTLEMENT.table_rows(world.night).collect()
             if row.month == JUNE}  # fmt: skip
    assert after == {("valle", False), ("vega", True)}
    assert SETTLEMENT.hour_rows(world.night).count() == len(before)
    assert world.hours() == before

    world.publish()
    assert world.settle()["settled_months"] == 0, "an end is told once"

    world.publish()
    world.community = "valle"
    world.settle()
    assert world.hours() == before


def test_where_taxes_depend_on_a_condition_each_outcome_has_its_euros(spark: SparkSession, settings: Settings) -> None:
    november, end = date(2026, 11, 1), datetime(2026, 11, 30, 23, tzinfo=timezone.utc)
    world = World(spark, settings, by_chance(7, [november]), [november])
    flat = {"energy": {"kind": "flat", "price_eur_kwh": "0.15"}, "compensation": {"kind": "none"}}
    world.of.contracts = {member: [HOME | flat] for member in world.of.uses}
    world.night = replace(world.night, run=Run("20261201T000500Z", end, end))
    world.quote(0, [PVPC])
    world.bring(world.everything())
    world.settle()
    rows, plain = world.months(), world.plain()
    assert len(plain) == len(world.of.uses)
    for (member, month), each in plain.items():
        row = rows[member, month]
        assert (row.total_eur, row.saving_eur, row.note) == (None, None, CONDITIONAL)
        otherwise, met = sorted(row.totals_eur, key=lambda name: name != OTHERWISE)
        assert (row.totals_eur[otherwise], row.savings_eur[otherwise]) == (each.total, each.saving)
        assert 0 < row.totals_eur[met] < each.total
        assert met.startswith("the electricity price index of September")
        own = world.lines()[member, month]
        for condition in (otherwise, met):
            owed = sum(line[4] for line in own if line[6] in (None, condition))
            assert owed == row.totals_eur[condition]
    assert rows["m0", JUNE].totals_eur is None

    # Said again as they are, they are not written again.
    world.night = replace(world.night, run=Run("20261202T000500Z", end, end, ("20261201T000500Z",), end))
    world.bring([each for each in world.everything() if each[:2] == ("m0", "consumption")])
    assert world.settle() == {"settled_months": 0, "billed_months": 0, "corrected_hours": 0}


def test_the_agreement_that_holds_is_read_alone(spark: SparkSession) -> None:
    columns = f"{agreements.TABLE}, kept_at timestamp, holds timestamp"
    of = agreement([Version(date(2026, 1, 1), {"a": 400_000, "b": 600_000})], MADRID, "consecutive")
    rows = list(agreement_rows("valle", "roof", of))
    later, other = CUT + timedelta(days=1), list(agreement_rows("vega", "roof", of))
    table = spark.createDataFrame(
        [*((*row, CUT, later) for row in rows[:1]), *((*row, later, later) for row in rows),
         *((*row, CUT, None) for row in other)],
        columns,
    )  # fmt: skip
    found = agreements.held(table)
    assert found.columns == [column.split()[0] for column in agreements.TABLE.split(", ")]
    assert sorted(tuple(row)[2] for row in found.collect()) == ["a", "b"]


def test_without_an_agreement_nothing_is_settled(spark: SparkSession, settings: Settings, night: Run) -> None:
    at = Night(spark, settings, night)
    nobody = spark.createDataFrame([], "installation_id string, contracts string")
    nothing = spark.createDataFrame([], alone.STATED)
    found = settle.settle(at, spark.createDataFrame([], agreements.TABLE), nobody, nothing)
    assert set(found.counts.values()) == {0}
    assert SETTLEMENT.read(at).count() == 0
