"""The files of the nights and the rows of the speed view, merged in SQL: row by row what REST makes of them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from conf import Settings, load_settings
from energy.calendar import dates
from energy.records import QUANTITIES as ALL_QUANTITIES
from serving_layer.sql.bounds.length import is_long
from serving_layer.sql.engine import Engine
from serving_layer.sql.published.speed_keys import SPEED_AGE
from store.history.energy_files import changes_place
from store.instants import months
from tests.support.sql.merged import TODAY, World
from tests.support.sql.world import HOMES, keep


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = load_settings(home=tmp_path / "home")
    return plain.model_copy(update={"hdfs": plain.hdfs.model_copy(update={"uri": f"file://{tmp_path}/hdfs"})})


def before(days: int) -> datetime:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize("seed", range(2))
def test_sql_merges_as_rest_does_whatever_the_nights_publish_and_merge(
    spark: SparkSession, settings: Settings, seed: int
) -> None:
    of = World(spark, settings, seed)
    assert of.check() > 0  # the speed view alone
    history = dates(before(70).date(), before(5).date())
    first = of.night(before(4), history)
    assert of.check() > len(history)
    of.merge_months()
    of.night(before(3), [before(60).date(), before(59).date(), before(4).date()], is_published=False)
    assert of.check() > len(history)
    second = of.night(before(2), [before(60).date(), *dates(before(8).date(), before(3).date())])
    of.check()
    of.merge_months()
    of.check()
    of.night(before(1), [before(60).date(), before(40).date(), before(2).date()])
    of.check()
    for run in (first, second):
        assert run.published is not None
        assert of.check_as_of(run.published) > len(history)
        assert of.check_as_of(run.published - timedelta(seconds=1)) >= 0


def test_what_the_runs_state_is_not_asked_of_the_speed_view(spark: SparkSession, settings: Settings) -> None:
    of = World(spark, settings, 3)
    cut = before(1)
    late = next(value.start for value in of.speed["a", "import"] if value.start < cut)
    of.night_of_all(cut, "a", "import", but=late)
    assert of.check() > 0
    # The second state of these tables: the first is that of no run.
    keys = spark.sql("SELECT installation_id, quantity, month, stretches FROM files.open_2").collect()
    (left,) = (key for key in keys if key[:2] == ("a", "import"))
    assert [tuple(each.astimezone(timezone.utc) for each in of_stretch) for of_stretch in left.stretches] == [
        (late, late + timedelta(minutes=15))
    ]
    assert left.month == late.date().replace(day=1)
    assert {key[:2] for key in keys} == {(home, quantity) for home in HOMES for quantity in ALL_QUANTITIES}
    live = {(row.installation_id, row.month) for row in spark.sql("SELECT * FROM files.live_2").collect()}
    assert live == {(home, month) for home in HOMES for month in months(cut, TODAY + timedelta(days=1))}


@pytest.mark.parametrize(
    ("condition", "long"),
    [
        ("true", True),
        ("quantity = 'import'", True),
        ("installation_id = 'a' AND start < now()", False),
        ("installation_id IN ('a', 'b')", False),
        (f"installation_id IN ({', '.join(map(repr, 'abcdefghijkl'))})", True),
    ],
)
def test_a_question_of_many_installations_is_long(
    spark: SparkSession, settings: Settings, condition: str, long: bool
) -> None:
    of = World(spark, settings, 4)
    of.night(before(2), [before(3).date()])
    of.batch_side.renew()
    assert is_long(spark.sql(f"SELECT sum(energy_wh) FROM solera.energy WHERE {condition}")) == long  # noqa: S608


@pytest.mark.parametrize(
    "condition", ["month = DATE'{}'", "month <= DATE'{}'", "month BETWEEN DATE'2020-01-01' AND DATE'{}'"]
)
def test_an_older_month_is_not_asked_of_the_speed_view(spark: SparkSession, settings: Settings, condition: str) -> None:
    of = World(spark, settings, 5)
    of.night(before(2), dates(before(9).date(), before(3).date()))
    of.batch_side.renew()
    for at, is_asked in ((before(SPEED_AGE.days + 62), False), (before(1), True)):
        of_month = spark.table("solera.energy").where(condition.format(f"{at:%Y-%m-01}"))
        assert ("speed_rows" in str(of_month._jdf.queryExecution().optimizedPlan().toString())) == is_asked


def test_a_month_has_the_quarter_hours_that_begin_in_it(spark: SparkSession, settings: Settings) -> None:
    of = World(spark, settings, 6)
    of.night(before(2), dates(before(9).date(), before(3).date()))
    of.batch_side.renew()
    energy = spark.table("solera.energy")
    begun = Counter(row.start.astimezone(timezone.utc).date().replace(day=1) for row in energy.collect())
    assert dict(energy.groupBy("month").count().collect()) == begun
    for month, rows in begun.items():
        assert energy.where(f"month = DATE'{month}'").count() == rows


def test_what_a_clock_ahead_has_published_yields_to_the_speed_view(spark: SparkSession, settings: Settings) -> None:
    of = World(spark, settings, 7)
    ahead = of.night(TODAY + timedelta(days=5), dates(before(9).date(), TODAY.date()))
    of.runs[0] = ahead._replace(started=before(3), published=before(3), run_id=f"{before(3):%Y%m%dT%H%M%SZ}")
    of.stated = [row._replace(run_id=of.runs[0].run_id) for row in of.stated]
    keep(spark, settings, of.stated)
    of.night(before(1), [before(2).date()])
    assert of.check() > 0


def test_a_merged_month_is_all_that_is_opened_of_it(spark: SparkSession, settings: Settings) -> None:
    of = World(spark, settings, 1)
    of.night(before(40), dates(before(100).date(), before(45).date()))
    of.merge_months()
    of.batch_side.renew(True)
    month = before(80).date().replace(day=1)
    frame = spark.sql(f"SELECT sum(energy_wh) FROM solera.energy WHERE month = '{month}'")  # noqa: S608
    read = {file.rpartition("/")[0] for file in frame.inputFiles() if "/merged/" in file or "/energy/" in file}
    assert {file.rpartition("/")[0].rpartition("=")[2] for file in read} == {str(month)}
    assert all("/through=" in file for file in read)


def test_a_question_sees_files_that_were_rewritten_since(spark: SparkSession, settings: Settings) -> None:
    of = World(spark, settings, 2)
    run = of.night(before(4), dates(before(20).date(), before(5).date()))
    engine = Engine(spark, of.batch_side.renew)
    asked = "SELECT count(*) AS n FROM solera.energy_batch"
    held = engine.answer(asked, "before").to_pylist()
    place = Path(changes_place(settings, before(20).date(), run.run_id).removeprefix("file:"))
    for file in place.glob("*.parquet"):
        file.rename(file.with_name("rewritten.parquet"))
        Path(place / f".{file.name}.crc").unlink(missing_ok=True)
    assert engine.answer(asked, "after").to_pylist() == held
    assert held[0]["n"] > 0
