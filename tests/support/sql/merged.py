"""A world whose energy SQL merges, beside what REST's merge makes of the same rows; rows stand in for Cassandra's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from random import Random

from pyspark.sql import SparkSession

from batch_layer.quarters import merged_months
from conf import Settings
from energy.calendar import dates
from serving_layer.sql.published.known import Known
from serving_layer.sql.published.speed_keys import SPEED_AGE
from serving_layer.sql.published.state import BatchSide
from serving_layer.views.merge import BATCH, Value, merge
from store.runs import Published, Run, published
from tests.support.sql.world import HOMES, QUANTITIES, SPEED_ROW, Stated, batch_of, changes, keep, provisional, run_of

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
        self.batch_side = BatchSide(
            spark, settings, lambda: Known(self.seen, frozenset(HOMES), TODAY.date()), speed="files.speed_rows"
        )
        self._keep_speed()
        self.batch_side.renew()

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

    def night_of_all(self, cut: datetime, home: str, quantity: str, but: datetime) -> None:
        """A run that states every quarter-hour that the speed view may hold of a home's quantity, ``but`` one."""
        run = run_of(cut)
        at = (TODAY - SPEED_AGE).replace(day=1)
        while at < cut:
            if at != but:
                value = (round(self.random.uniform(0, 900), 3), 1.0, "measured", None, None, "")
                self.stated.append(Stated(home, quantity, at, *value, at.date(), run.run_id))
            at += timedelta(minutes=15)
        keep(self.spark, self.settings, [row for row in self.stated if row.run_id == run.run_id])
        self.runs.append(run)

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

    def _keep_speed(self) -> None:
        """Rows that stand in for Cassandra's."""
        rows = [
            (home, quantity, value.start.date().replace(day=1), *value[:2], *value[4:9])
            for (home, quantity), values in self.speed.items()
            for value in values
        ]
        at = self.settings.hdfs_path("speed")
        self.spark.createDataFrame(rows, SPEED_ROW).write.parquet(at)
        self.spark.sql("DROP TABLE IF EXISTS files.speed_rows")
        self.spark.sql(f"CREATE TABLE files.speed_rows ({SPEED_ROW}) USING parquet LOCATION '{at}'")
