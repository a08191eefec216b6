"""Detection of each kind of fault that was put in, by the values' causes and by alarms, and false ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from energy.energy_row import QUARTER, EnergyRow
from energy.records import REGISTER_QUANTITIES, quantities_of
from ingest.simulator.truth.faults import panels
from ingest.simulator.truth.faults.fault import Injected
from ingest.simulator.truth.faults.inject import HARMLESS
from store.history.alarms import DRIFT, SILENT, SILENT_TODAY

SETTLES = timedelta(hours=1)
"""The time beside a fault in which a value may bear its cause."""
NOTICED = timedelta(days=7)
"""The time after a fault's end in which an alarm may still be about it."""
NONE = "none"
"""The row of false detections: where nothing was put in."""
HOUR = timedelta(hours=1)
IN_NO_VALUE = frozenset({*panels.KINDS, *HARMLESS})
"""Faults by which every value stays what it was."""
ALARMS: Mapping[str, frozenset[str]] = {
    "lost": frozenset({SILENT, SILENT_TODAY}),
    "wrong zone": frozenset({SILENT, SILENT_TODAY}),
    "soiling": frozenset({f"generation{DRIFT}"}),
    "dead string": frozenset({f"generation{DRIFT}"}),
}
"""Kinds of alarm by which a kind of fault is detected."""


class Alarm(NamedTuple):
    """An alarm as it was raised (UTC)."""

    installation_id: str
    device_id: str
    kind: str
    raised_at: datetime


class Detected(NamedTuple):
    """The number of faults of a kind that were put in, and of those that were detected."""

    kind: str
    put_in: int
    lost_wh: float
    """Energy that panels did not give for it."""
    in_values: int
    """Faults by which a value of the device is called other than plainly measured; without a fault, quarter-hours."""
    causes: str
    """Causes, the most frequent first."""
    by_alarm: int
    """Faults by which an alarm was raised; without a fault, alarms."""
    late_h: float | None
    """Hours from the beginning of a fault to its alarm, in the mean; None without one."""


def detected(
    faults: Sequence[Injected], rows: Mapping[str, Sequence[EnergyRow]], alarms: Iterable[Alarm]
) -> list[Detected]:
    """Detection of each kind, and false ones; ``rows`` are those of each installation."""
    raised = list(alarms)
    found = [
        _detected(kind, [fault for fault in faults if fault.kind == kind], rows, raised)
        for kind in dict.fromkeys(fault.kind for fault in faults)
    ]
    return [*found, _of_none(faults, rows, raised)]


def _detected(
    kind: str, of: Sequence[Injected], rows: Mapping[str, Sequence[EnergyRow]], alarms: Sequence[Alarm]
) -> Detected:
    causes: Counter[str] = Counter()
    in_values, late = 0, list[float]()
    for fault in of:
        its = [] if kind in IN_NO_VALUE else rows.get(fault.installation_id, [])
        named = [row for row in its if _is_about(fault, row) and _is_named(row)]
        in_values += bool(named)
        causes.update({cause for row in named for cause in row.cause.split(",") if cause})
        first = [alarm.raised_at for alarm in alarms if _tells(alarm, fault)]
        if first:
            late.append((min(first) - fault.times[0]) / HOUR)
    mean = round(sum(late) / len(late), 1) if late else None
    return Detected(kind, len(of), sum(each.lost_wh for each in of), in_values, _listed(causes), len(late), mean)


def _of_none(faults: Sequence[Injected], rows: Mapping[str, Sequence[EnergyRow]], alarms: Sequence[Alarm]) -> Detected:
    causes: Counter[str] = Counter()
    quarters = 0
    for row in _beside_none(faults, rows):
        quarters += 1
        causes.update(cause for cause in row.cause.split(",") if cause)
    false = [alarm for alarm in alarms if not any(_tells(alarm, fault) for fault in faults)]
    return Detected(NONE, 0, 0.0, quarters, _listed(causes), len(false), None)


def _beside_none(faults: Sequence[Injected], rows: Mapping[str, Sequence[EnergyRow]]) -> Iterator[EnergyRow]:
    """Rows of registers that are named though no fault of theirs is near."""
    for installation, own in rows.items():
        of = [fault for fault in faults if fault.installation_id == installation]
        for row in own:
            if (
                row.quantity in REGISTER_QUANTITIES
                and _is_named(row)
                and not any(_is_about(fault, row) for fault in of)
            ):
                yield row


def _is_about(fault: Injected, row: EnergyRow) -> bool:
    first, last = fault.times
    is_its = row.quantity in quantities_of(fault.device_kind)
    return is_its and first - SETTLES < row.start + QUARTER and row.start < last + SETTLES


def _is_named(row: EnergyRow) -> bool:
    return bool(row.cause) or row.method != "measured" or row.completeness < 1


def _tells(alarm: Alarm, fault: Injected) -> bool:
    """Whether an alarm is of the fault's kind, installation and device, if it names one, and of its time."""
    first, last = fault.times
    is_its = alarm.installation_id == fault.installation_id and alarm.device_id in ("", fault.device_id)
    is_then = first <= alarm.raised_at + timedelta(days=1) and alarm.raised_at <= last + NOTICED
    return is_its and is_then and alarm.kind in ALARMS.get(fault.kind, frozenset())


def _listed(causes: Counter[str]) -> str:
    return ", ".join(f"{cause} {times}" for cause, times in causes.most_common())
