"""Runs, touched days, changes and checks over a folder in HDFS's place, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession

from batch_layer import runs
from batch_layer.artifacts import AFFECTED
from batch_layer.incremental import affected_days, device_days
from batch_layer.master import dataset
from batch_layer.nightly import nightly
from batch_layer.publishing import checks, silent_devices
from batch_layer.publishing.energy_changes import PublishError
from batch_layer.quarters import energy_view, gap_ledger
from batch_layer.quarters.revisions import revisions
from batch_layer.runs import Night, Outcome, Run, RunError
from conf import Settings
from store.catalogue import Catalogue

NOON = datetime(2026, 3, 8, 12, tzinfo=timezone.utc)
MARKS = {"readings": 0, "intervals": -1, "prices": -1}
CLEANED = Outcome({}, MARKS)
TOTALS = (
    "installation_id string, quantity string, start timestamp, energy_wh double, completeness double, method string, "
    "lower_wh double, upper_wh double, cause string, event_day date"
)


@pytest.fixture(autouse=True)
def nothing_published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, datetime]]:
    published: list[tuple[str, datetime]] = []
    monkeypatch.setattr(runs, "published_rows", lambda _settings: sorted(published))
    return published


def totals(spark: SparkSession, *values: tuple[str, datetime, float, str]) -> DataFrame:
    rows = [("a", q, start, wh, 1.0, method, wh, wh, "", start.date()) for q, start, wh, method in values]
    return spark.createDataFrame(rows, TOTALS)


def test_an_unpublished_run_of_the_same_cut_goes_on(
    spark: SparkSession, settings: Settings, nothing_published: list[tuple[str, datetime]]
) -> None:
    first = runs.open_run(spark, settings, date(2026, 3, 9))
    done = runs.finish(spark, settings, first, "archive", Outcome({"readings_received": 3}))
    again = runs.open_run(spark, settings, date(2026, 3, 9))
    assert again.run_id == first.run_id
    assert again.finished == done.finished
    nothing_published.append((first.run_id, first.cut))
    assert runs.open_run(spark, settings, date(2026, 3, 9)).run_id > first.run_id


def test_a_step_done_again_undoes_the_later_ones(spark: SparkSession, settings: Settings, night: Run) -> None:
    run = night
    for step in ("archive", "clean", "totals"):
        run = runs.finish(spark, settings, run, step, Outcome({}))
    assert list(runs.finish(spark, settings, run, "clean", Outcome({})).finished) == ["archive", "clean"]


def test_the_cut_never_moves_back_and_never_ahead_of_the_clock(
    spark: SparkSession, settings: Settings, nothing_published: list[tuple[str, datetime]]
) -> None:
    cut = datetime(2026, 3, 9, tzinfo=timezone.utc)
    nothing_published.append(("20260309T000100Z", cut))
    assert runs.open_run(spark, settings, date(2026, 3, 1)).cut == cut
    with pytest.raises(RunError, match="still to come"):
        runs.open_run(spark, settings, date(2199, 1, 1))


def test_an_unknown_step_is_named(spark: SparkSession, settings: Settings) -> None:
    with pytest.raises(RunError, match="the steps are archive, clean"):
        nightly(spark, settings, first="forcast")


def archive_reading(
    spark: SparkSession, settings: Settings, batch: int, time: datetime, device: str = "a-inverter"
) -> None:
    row = spark.createDataFrame(
        [("a", device, "inverter", time, 5.0, 0, batch, time, time.date())],
        "installation_id string, device_id string, device_kind string, time timestamp, energy_total_wh double, "
        "kafka_partition int, kafka_offset bigint, received_at timestamp, event_day date",
    )
    dataset.append(spark, settings, "readings", batch, row)


def pairs_of(spark: SparkSession, settings: Settings, run: Run) -> dict[date, bool]:
    marks = affected_days.marks(Night(spark, settings, run))
    batches = {t: dataset.batches_after(spark, settings, t, mark) for t, mark in marks.items()}
    devices = device_days.write(Night(spark, settings, run), batches["readings"])
    pairs = affected_days.affected_days(Night(spark, settings, run), batches, devices, Catalogue())
    return {r.event_day: r.by_reading for r in pairs.collect()}


def test_only_what_is_new_is_affected(spark: SparkSession, settings: Settings, night: Run) -> None:
    archive_reading(spark, settings, 0, NOON)
    assert set(pairs_of(spark, settings, night)) == {date(2026, 3, d) for d in (7, 8, 9)}
    first = runs.finish(
        spark,
        settings,
        night,
        "clean",
        CLEANED,
    )
    tomorrow = replace(first, run_id="20260311T000100Z", published=(first.run_id,), previous_cut=first.cut, finished={})
    assert pairs_of(spark, settings, tomorrow) == {}
    archive_reading(spark, settings, 1, NOON - timedelta(days=40), "a-meter")
    late = {date(2026, 1, 26), date(2026, 1, 27), date(2026, 1, 28)}
    assert pairs_of(spark, settings, tomorrow) == dict.fromkeys(late, True)


def test_a_reading_after_a_silence_affects_the_silence(spark: SparkSession, settings: Settings, night: Run) -> None:
    archive_reading(spark, settings, 0, NOON - timedelta(days=30))
    archive_reading(spark, settings, 1, NOON - timedelta(days=30), "a-meter")
    first = runs.finish(spark, settings, replace(night, published=()), "clean", Outcome({}, MARKS | {"readings": 1}))
    device_days.write(Night(spark, settings, first), {0: [(NOON - timedelta(days=30)).date()]})
    later = replace(first, run_id="20260311T000100Z", published=(first.run_id,), previous_cut=first.cut, finished={})
    archive_reading(spark, settings, 2, NOON - timedelta(days=1))
    affected = pairs_of(spark, settings, later)
    assert set(affected) == {(NOON - timedelta(days=n)).date() for n in range(31)}


def test_a_device_is_expected_from_its_first_reading_on(spark: SparkSession, settings: Settings, night: Run) -> None:
    archive_reading(spark, settings, 0, NOON - timedelta(days=3))
    devices = device_days.write(Night(spark, settings, night), {0: [(NOON - timedelta(days=3)).date()]})
    (device,) = devices.collect()
    assert (device.quantities, [tuple(s) for s in device.spans]) == (["generation"], [(date(2026, 3, 5),) * 2])
    nothing = spark.createDataFrame([], AFFECTED.columns)
    days = {r.event_day: r.is_first for r in gap_ledger.expected_days(devices, nothing, night).collect()}
    assert days == {date(2026, 3, d): d == 5 for d in range(5, 10)}
    later = replace(night, cut=night.cut + timedelta(days=1), previous_cut=night.cut, published=(night.run_id,))
    again = spark.createDataFrame([("a", date(2026, 3, 5), True), ("a", date(2026, 3, 4), True)], AFFECTED.columns)
    days = {r.event_day: r.is_first for r in gap_ledger.expected_days(devices, again, later).collect()}
    assert days == {date(2026, 3, 5): True, date(2026, 3, 10): False}


def test_an_alarm_of_a_silence_names_the_day_of_the_last_reading(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    last_read = NOON - timedelta(days=3)
    archive_reading(spark, settings, 0, last_read)
    at_work = Night(spark, settings, night)
    device_days.write(at_work, {0: [last_read.date()]})
    (alarm,) = silent_devices.alarms(at_work).collect()
    assert alarm.text == "a-inverter was last heard on 2026-03-05 (UTC)"
    assert (alarm.raised_at.date(), alarm.cleared_at) == (date(2026, 3, 6), None)


def test_a_day_that_comes_under_the_cut_is_affected_by_what_was_there(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    archive_reading(spark, settings, 0, NOON)
    early = replace(night, cut=datetime(2026, 3, 8, tzinfo=timezone.utc))
    assert set(pairs_of(spark, settings, early)) == {date(2026, 3, 7)}
    done = runs.finish(
        spark,
        settings,
        early,
        "clean",
        CLEANED,
    )
    later = replace(
        done, run_id="20260310T000600Z", cut=night.cut, published=(done.run_id,), previous_cut=done.cut, finished={}
    )
    assert set(pairs_of(spark, settings, later)) == {date(2026, 3, 8), date(2026, 3, 9)}


def test_changes_say_before_after_and_why(spark: SparkSession, settings: Settings, night: Run) -> None:
    new, old = night.cut - timedelta(hours=2), night.cut - timedelta(days=30)
    run = replace(night, published=("20260309T000100Z",), previous_cut=night.cut - timedelta(days=1))
    q = timedelta(minutes=15)
    stood = totals(
        spark,
        ("import", old, 1.0, "measured"),
        ("import", old + q, 2.0, "spread"),
        ("import", old + 2 * q, 9.0, "measured"),
    )
    published = stood.selectExpr(
        "*", "CAST(NULL AS double) AS before_wh", "'new' AS why", "'20260309T000100Z' AS run_id"
    )
    now = totals(
        spark,
        ("import", old, 1.0, "measured"),
        ("import", old + q, 2.5, "spread"),
        ("export", old, 7.0, "spread"),
        ("import", new, 3.0, "measured"),
    )
    pairs = spark.createDataFrame([("a", old.date(), False), ("a", new.date(), True)], AFFECTED.columns)
    found = {
        (r.quantity, r.start.replace(tzinfo=timezone.utc)): (r.before_wh, r.energy_wh, r.method, r.why)
        for r in revisions(now, published, pairs, run).collect()
    }
    assert found == {
        ("import", old + q): (2.0, 2.5, "spread", "corrected"),
        ("export", old): (None, 7.0, "spread", "late"),
        ("import", new): (None, 3.0, "measured", "new"),
        ("import", old + 2 * q): (9.0, None, "withdrawn", "corrected"),
    }


def test_the_newest_published_value_is_read_and_no_other(spark: SparkSession, settings: Settings, night: Run) -> None:
    for run_id, wh in (("20260308T000000Z", 1.0), ("20260309T000000Z", 2.0), ("20260309T120000Z", 3.0)):
        rows = totals(spark, ("import", NOON, wh, "measured")).selectExpr(
            "*", "CAST(NULL AS double) AS before_wh", "'new' AS why"
        )
        rows.selectExpr("*", f"'{run_id}' AS run_id").write.mode("append").partitionBy("event_day", "run_id").parquet(
            settings.hdfs_path("energy")
        )
    run = replace(night, published=("20260308T000000Z", "20260309T000000Z"))
    (row,) = energy_view.read_energy(Night(spark, settings, run), NOON.date(), NOON.date()).collect()
    assert (row.energy_wh, row.run_id) == (2.0, "20260309T000000Z")
    assert energy_view.read_energy(Night(spark, settings, run), date(2026, 3, 9)).count() == 0


def test_a_run_that_creates_energy_is_refused(spark: SparkSession) -> None:
    whole = [
        ("import", NOON, 5.0, "measured"),
        ("export", NOON, 1.0, "measured"),
        ("generation", NOON, 2.0, "measured"),
    ]
    assert checks.conservation(totals(spark, *whole, ("consumption", NOON, 6.0, "measured"))) == 0
    with pytest.raises(PublishError, match="by 1 mWh"):
        checks.conservation(totals(spark, *whole, ("consumption", NOON, 6.001, "measured")))
    assert checks.conservation(totals(spark, *whole, ("consumption", NOON, 60.0, "spread"))) == 1
