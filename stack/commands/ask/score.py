"""``solera score``: energy, detected faults and forecasts beside the truth of a simulated world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conf import load_settings
from conf.refusal import Refusal
from energy.community import community_energy
from energy.energy_row import EnergyRow
from energy.score import DayTotal, Hole, day_totals, holes
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import alarms, merged
from serving_layer.views import forecast as forecasts
from stack.terminal import Form, Format, answering, show

if TYPE_CHECKING:
    from ingest.simulator.truth.detected import Alarm
    from ingest.simulator.truth.forecast_score import ForecastScore
    from ingest.simulator.truth.known import Known

FORETOLD = ("generation", "consumption")


class Scored(str, Enum):
    """The answers that are compared with the truth."""

    totals = "totals"
    faults = "faults"
    forecasts = "forecasts"


class NotPublished(Refusal):
    """A question that only a running Solera answers is asked without one."""


def score(
    world: Annotated[Path, typer.Argument(help="The folder that `solera simulate` has written.")],
    published: Annotated[bool, typer.Option("--published", help="Score what the running Solera answers.")] = False,
    of: Annotated[Scored, typer.Option("--of", help="What is compared.")] = Scored.totals,
    form: Format = Form.table,
) -> None:
    """Compare the energy (Wh) of each installation and community, quantity and UTC day with the truth in WORLD.

    Energy is counted from WORLD's readings as the night does it; with --published it is what Solera answers after
    `solera replay` and `solera nightly`. The table names the totals whose bounds do not hold the truth, CSV and JSON
    name all. Exit code 1 where there is one, or a hole in the readings was not found or not refilled.

    --of faults counts by kind of fault how many are detected by the values' causes, and with --published by alarms and
    how late, and what is detected where no fault is. --of forecasts, with --published, gives the errors (Wh an hour)
    of each newest forecast that was issued within WORLD's days.

    Example: solera score world
    """
    # pyarrow and pvlib take long to import; the help should not.
    from ingest.simulator.truth.known import communities, computed, read_known, together

    known = read_known(world)
    if of is Scored.forecasts:
        _score_forecasts(known, published, form)
        return
    rows = dict(_published(known) if published else computed(world, known))
    if of is Scored.faults:
        _score_faults(known, rows, published, form)
        return
    members = communities(world)
    sums = {name: together(known[each] for each in its) for name, its in members.items()}
    if published:
        rows |= _published(sums)
    else:
        rows |= {name: community_energy({each: rows.get(each, []) for each in its}) for name, its in members.items()}
    _score_totals({**known, **sums}, rows, {name: len(its) for name, its in members.items()}, form)


def _score_totals(
    known: Mapping[str, Known], rows: Mapping[str, list[EnergyRow]], members: Mapping[str, int], form: Form
) -> None:
    """``members``: how many each community has."""
    totals: list[DayTotal] = []
    found: list[Hole] = []
    for name, own in rows.items():
        totals += day_totals(name, own, known[name].truth, known[name].misdated, members.get(name, 1))
        if name not in members:
            found += holes(known[name].losses, own, known[name].truth)
    outside = [total for total in totals if total.is_outside]
    installations = len(known) - len(members)
    caption = (
        f"{len(totals):,} totals of {installations:,} installations: {len(outside):,} outside their bounds, "
        f"{sum(t.lost_wh for t in totals):,.0f} Wh lost, {sum(t.doubled_wh for t in totals):,.0f} Wh doubled; "
        f"{len(found):,} holes: {sum(h.is_found for h in found):,} found, "
        f"{sum(h.is_refilled for h in found):,} refilled"
    )
    listed = outside if form is Form.table else totals
    show(form, DayTotal._fields, [each._asdict() for each in listed], "Totals outside their bounds, Wh", caption)
    if outside or not all(hole.is_found and hole.is_refilled for hole in found):
        raise typer.Exit(1)


def _score_faults(known: Mapping[str, Known], rows: Mapping[str, list[EnergyRow]], published: bool, form: Form) -> None:
    from ingest.simulator.truth.detected import Detected, detected

    faults = [fault for each in known.values() for fault in each.faults]
    found = detected(faults, rows, _alarms(known) if published else [])
    caption = f"{len(faults):,} faults in {len(known):,} installations; the last row counts what is detected of none"
    columns = (
        Detected._fields if published else [name for name in Detected._fields if name not in ("by_alarm", "late_h")]
    )
    show(form, columns, [each._asdict() for each in found], "Faults by kind", caption)


def _score_forecasts(known: Mapping[str, Known], published: bool, form: Form) -> None:
    from ingest.simulator.truth.forecast_score import ForecastScore

    if not published:
        raise NotPublished("Forecasts are what a running Solera has published: add --published.")
    found = list(_forecast_scores(known))
    caption = f"{len(found):,} forecasts of {len(known):,} installations"
    show(form, ForecastScore._fields, [each._asdict() for each in found], "Forecasts beside the truth", caption)


def _published(known: Mapping[str, Known]) -> Iterator[tuple[str, list[EnergyRow]]]:
    """The rows of the merged view by installation."""
    with answering(load_settings()) as reader:
        seen = merged.seen(reader)
        for installation, of in known.items():
            span = Span(of.start, of.end)
            yield installation, [
                EnergyRow(quantity, v.start, v.energy_wh, v.completeness or 0.0, v.method or "measured", v.lower_wh,
                          v.upper_wh, v.cause)
                for quantity in sorted({quantity for quantity, _ in of.truth})
                for v in merged.read(reader, installation, quantity, span, seen)
            ]  # fmt: skip


def _alarms(known: Mapping[str, Known]) -> list[Alarm]:
    """Alarms raised since the world began."""
    from ingest.simulator.truth.detected import NOTICED, Alarm

    start, end = min(of.start for of in known.values()), max(of.end for of in known.values())
    with answering(load_settings()) as reader:
        raised = alarms.history(reader, start, end + NOTICED, known)
    return [Alarm(a["installation_id"], a["device_id"] or "", a["kind"], a["raised_at"]) for a in raised]


def _forecast_scores(known: Mapping[str, Known]) -> Iterator[ForecastScore]:
    from ingest.simulator.truth.forecast_score import forecast_score

    with answering(load_settings()) as reader:
        for installation, of in known.items():
            for quantity in FORETOLD:
                scored = forecast_score(installation, quantity, _newest(reader, installation, quantity, of), of.truth)
                if scored is not None:
                    yield scored


def _newest(reader: Reader, installation: str, quantity: str, of: Known) -> dict[datetime, tuple[float, float, float]]:
    """The newest forecast issued before the world's end, by the hour; empty where there is none."""
    try:
        issue = forecasts.newest(reader, installation, quantity, merged.seen(reader), of.end)
    except forecasts.NoForecast:
        return {}
    return {hour.time: (hour.p10_wh, hour.p50_wh, hour.p90_wh) for hour in issue.values}
