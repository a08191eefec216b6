"""What must hold before a run is published. A run that fails a check stays invisible."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from cassandra.concurrent import execute_concurrent_with_args
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import views
from batch_layer.runs import RunError
from conf import Settings
from energy.records import QUANTITIES


class PublishError(RunError):
    """A run that would state something false; its text says what and where."""


def conservation(values: DataFrame) -> None:
    """consumption = generation + import − export − charge + discharge, to the mWh, wherever the four are known.

    ``values`` hold one row for each installation, quantity and start. Raises :class:`PublishError`.
    """
    milliwatthours = {
        q: F.sum(F.when(F.col("quantity") == q, F.round(F.col("energy_wh") * 1000).cast("bigint"))) for q in QUANTITIES
    }
    periods = values.groupBy("installation_id", "start").agg(*[v.alias(q) for q, v in milliwatthours.items()])
    due = F.expr("generation + import - export - coalesce(charge, 0) + coalesce(discharge, 0)")
    broken = periods.where(F.col("consumption") != due).select("installation_id", "start", F.col("consumption") - due)
    found = broken.orderBy("start", "installation_id").limit(1).collect()
    if found:
        installation, start, excess = found[0]
        raise PublishError(
            f"{broken.count()} periods do not conserve energy, the first of {installation} at "
            f"{start:%Y-%m-%dT%H:%MZ}: consumption exceeds generation + import − export − charge + discharge by "
            f"{excess} mWh. The run is not published; the older one is served."
        )


def stored(settings: Settings, run_id: str, expected: Mapping[tuple[str, date], int]) -> None:
    """Cassandra holds as many energy rows of the run as were written, in each (installation, month).

    Raises :class:`PublishError`.
    """
    keys = [(installation, month, run_id) for installation, month in expected]
    with views.session(settings) as session:
        count = session.prepare(
            "SELECT count(*) FROM energy_batch WHERE installation_id = ? AND month = ? AND run_id = ? ALLOW FILTERING"
        )
        found = [rows.one()[0] for _, rows in execute_concurrent_with_args(session, count, keys, concurrency=4)]
    for (installation, month, _), rows in zip(keys, found, strict=True):
        if rows != expected[installation, month]:
            raise PublishError(
                f"{expected[installation, month]} energy rows of {installation} in {month:%Y-%m} were written, but "
                f"{rows} are there. The run is not published; run the night again from publish."
            )
