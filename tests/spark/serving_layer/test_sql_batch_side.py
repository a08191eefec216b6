"""The files of the nights and the rows of the speed view, merged in SQL: row by row what REST makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession

from batch_layer.quarters import merged_months
from conf import Settings, load_settings
from energy.calendar import dates
from serving_layer.sql import apply
from serving_layer.sql.engine import Engine
from serving_layer.sql.published.state import BatchSide
from serving_layer.views.merge import BATCH, Value, merge
from store.history.energy_files import changes_place
from store.runs import Published, Run, published
from tests.support.sql.world import HOMES, QUANTITIES, Stated, batch_of, changes, keep, provisional, run_of

TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
KEY = "installation_id, quantity"
FIELDS = "start, energy_wh, view, run_id, completeness, method, lower_wh, upper_wh, coalesce(cause, '') AS cause"


class World:
    """Runs, what they have stated, what the speed view says, and the views of SQL over them."""

    def __init__(self, spark: SparkSession, settings: Settings, seed: int) -> None:
        self.spark, self.settings, self.random = spark, settings, Random(seed)
        self.runs: list[Run] = []
        self.stated: list[Stated] = []
        self.speed = provisional(self.random, dates((TODAY - timedelta(days=9)).date(), TODAY.date()))
        self.batch_side = BatchSide(spark, settings, lambda: self.seen)
        self.batch_side.renew()
        self._name_speed()

    @property
    def seen(self) -> Published:
        return published(self.runs)

    def night(self, cut: datetime, days: list[date], is_published: bool = True) -> Run:
        """A run that changes ``days``."""
        run = run_of(cut, is_published)
        rows = changes(self.random, run, days)
        keep(self.spark, self.settings, rows)
        self.runs.append(run)
        self.stated += rows
        return run

    def merge_months(self) -> None:
        """As the night does once it has published."""
        merged_months.merge(self.spark, self.settings, sorted(self.seen.run_ids))

    def check(self) -> int:
        """SQL and the merge give the same rows of every installation and quantity; how many."""
        return self._compare(f"SELECT {KEY}, {FIELDS} FROM solera.energy", self.speed, self.seen)  # noqa: S608

    def check_as_of(self, at: datetime) -> int:
        """The same of what was published then."""
        fields = FIELDS.replace("view", f"'{BATCH}' AS view")
        then = f"published <= '{at:%Y-%m-%dT%H:%M:%SZ}' AND coalesce(replaced > '{at:%Y-%m-%dT%H:%M:%SZ}', true)"
        asked = f"SELECT {KEY}, {fields} FROM solera.energy_published WHERE energy_wh IS NOT NULL AND {then}"  # noqa: S608
        return self._compare(asked, {}, published(self.runs, at))

    def _compare(self, asked: str, speed: Mapping[tuple[str, str], list[Value]], seen: Published) -> int:
        self.batch_side.renew()
        found: dict[tuple[str, str], list[Value]] = {(home, each): [] for home in HOMES for each in QUANTITIES}
        for row in self.spark.sql(f"{asked} ORDER BY start").collect():
            home, quantity, start, *rest = row
            found[home, quantity].append(Value(start.astimezone(timezone.utc), *rest))
        for home, quantity in found:
            wanted = merge(batch_of(self.stated, home, quantity), speed.get((home, quantity), []), seen)
            assert found[home, quantity] == wanted
        return sum(map(len, found.values()))

    def _name_speed(self) -> None:
        """The view of energy as the server has it, over rows that stand in for Cassandra's."""
        rows = [
            (home, quantity, *(value.start, value.energy_wh, value.completeness, value.method), value.start.date())
            for (home, quantity), values in self.speed.items()
            for value in values
        ]
        schema = (
            "installation_id string, quantity string, start timestamp, energy_wh double, completeness double, "
            "method string, month date"
        )
        at = self.settings.hdfs_path("speed")
        self.spark.createDataFrame(rows, schema).write.parquet(at)
        self.spark.sql("DROP TABLE IF EXISTS files.speed_rows")
        self.spark.sql(f"CREATE TABLE files.speed_rows ({schema}) USING parquet LOCATION '{at}'")
        nothing = "CAST(NULL AS double) AS lower_wh, CAST(NULL AS double) AS upper_wh, CAST(NULL AS string) AS cause"
        self.spark.sql(
            "CREATE OR REPLACE VIEW solera.energy_speed AS SELECT start, installation_id, quantity, energy_wh, "  # noqa: S608
            f"completeness, method, {nothing}, trunc(month, 'MM') AS month FROM files.speed_rows"
        )
        (energy,) = (
            s for s in apply.statements(self.settings) if s.startswith("CREATE OR REPLACE VIEW solera.energy AS")
        )
        self.spark.sql(energy)


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
    read = {file.rpartition("/")[0] for file in frame.inputFiles() if "/speed/" not in file}
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
