"""The run's artifacts into Cassandra, checked, and then, in one row, made visible.

Every row carries the run's id, and a reader takes only runs whose row in table ``run`` says *published*. So a run
that is killed here leaves what was served before, and doing it again writes the same rows over themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import ARTIFACTS, SKILL
from batch_layer.runs import Night, Outcome, Run
from store import cassandra
from store.history import recounts
from store.history.retraction import RETRACTIONS, TOTALLED, retractions_of
from store.runs import INSERT, NIGHTLY

ERRORS = ("mae_wh", "mae_yesterday_wh", "mae_last_week_wh")


def run(night: Night) -> Outcome:
    """Write every artifact that has a table, show the run, and discard what is no longer kept."""
    counts = {
        f"{artifact.name}_published": artifact.publish(night)
        for artifact in ARTIFACTS
        if artifact.table and artifact.exists(night)
    }
    _show(night, counts)
    for artifact in ARTIFACTS:
        artifact.discard(night)
    return Outcome(counts)


def _show(night: Night, counts: Mapping[str, int]) -> None:
    run = night.run
    everything = {name: n for step in run.finished.values() for name, n in step.items()} | dict(counts)
    issued_at = run.cut if "forecast" in run.finished else None
    published = datetime.now(timezone.utc)
    with cassandra.session(night.settings) as session:
        row = (NIGHTLY, run.run_id, run.started, published, run.cut, issued_at, everything, dict(run.marks))
        session.execute(session.prepare(INSERT), (*row, _skill(night)))
        _end_requests(session, run)


def _end_requests(session: Any, run: Run) -> None:
    """Mark as done what the run has totalled again.

    These are the retractions, which wait while a night is at work, and the recounts that were asked before it began.
    """
    for of in retractions_of(session.execute(RETRACTIONS)).values():
        for each in of:
            if each.run_id is None:
                session.execute(session.prepare(TOTALLED), (run.run_id, each.installation_id, each.retracted_at))
    for recount in recounts.waiting(session.execute(recounts.RECOUNTS)):
        if recount.asked_at < run.started:
            session.execute(session.prepare(recounts.DONE), (run.run_id, *recount[:3]))


def _skill(night: Night) -> dict[str, float]:
    """Mean absolute errors in Wh over all installations, by quantity, the forecast's and the naive ones'."""
    if not SKILL.exists(night):
        return {}
    means = SKILL.read(night).groupBy("quantity").agg(*[F.mean(name).alias(name) for name in ERRORS]).collect()
    return {f"{row.quantity}_{name}": float(row[name]) for row in means for name in ERRORS if row[name] is not None}


if __name__ == "__main__":
    from batch_layer.entry import main

    main("publish")
