"""Energy of an installation from the readings of its devices, and of a community from its members' rows.

Consumption and self-consumption are derived last, after every quantity has been filled (:mod:`energy.derived`). An
installation without an inverter or a battery counts nothing for it; one whose inverter or battery is known but silent
in a period keeps its row, and completeness 0 tells that the value is not to be trusted yet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from energy.conflict import merge
from energy.derived import derived
from energy.energy_row import METHOD_RANK, MWH, QUARTER_US, EnergyRow, from_us, joined_causes, to_us
from energy.limits import Limits, beyond_capacity, bounded_sum, energy_within
from energy.records import REGISTERS
from energy.registers.apportion import ALL_TIME
from energy.registers.counters import BRIDGE, Portion
from energy.statements.filling import filled

_BRIDGE_US = BRIDGE // timedelta(microseconds=1)


class Counted(NamedTuple):
    """Energy that each device of an installation counted, and when it was sampled, by quantity and device."""

    portions: dict[str, dict[str, dict[int, Portion]]]
    """Values by quarter-hour (its start in microseconds from the epoch)."""
    sampled: dict[str, dict[str, list[int]]]
    """Times (microseconds) of the readings, in order."""
    limits: Limits


def installation_energy(
    readings: Iterable[Mapping[str, Any]], start: datetime, end: datetime, limits: Limits
) -> list[EnergyRow]:
    """Energy of the quarter-hours of ``start``..``end`` (UTC) that the readings of ONE installation give evidence of.

    Readings are dicts as ``Topic.parse`` of ``energy.topics`` returns them, of all devices, unsorted, repeats allowed.
    Two of the same device and instant are merged by ``energy.conflict``. ``limits`` are the installation's. A
    quantity is the sum over its devices; its completeness is that of the least complete of them.
    For equal numbers from any window, give also what ``energy.registers.counters`` asks beyond ``start`` and ``end``.
    """
    return installation_rows(counted(readings, limits), start, end)


def counted(
    readings: Iterable[Mapping[str, Any]],
    limits: Limits,
    bridge: timedelta = BRIDGE,
    window: tuple[datetime, datetime] | None = None,
) -> Counted:
    """Energy that each device counted; readings and ``limits`` as above.

    ``bridge`` is the longest hole that a register's step is shared over: a day for a window of the stream,
    ``energy.registers.counters.ANY_HOLE`` for whoever gives the nearest readings on both sides of every hole.
    Of a hole longer than a day only what falls into ``window`` (UTC, edges of quarter-hours) is counted.
    """
    within = ALL_TIME if window is None else (to_us(window[0]), to_us(window[1]))
    found = Counted(defaultdict(dict), defaultdict(dict), limits)
    for of in registers(readings, limits):
        found.sampled[of.quantity][of.device_id] = of.times
        bounds = [(held.most_w(of.device_id, of.quantity), times) for held, times in limits.held()]
        samples = of.times, of.register_wh, of.power_w
        found.portions[of.quantity][of.device_id] = energy_within(samples, bounds, bridge, within)
    return found


class Register(NamedTuple):
    """Samples of one register of a device, one a time, in order; columns of equal length."""

    device_id: str
    quantity: str
    times: list[int]
    """Microseconds from the epoch."""
    register_wh: list[float | None]
    power_w: list[float | None]
    capacity_w: float | None
    """The bound of the flow now, as far as it is known."""


def registers(readings: Iterable[Mapping[str, Any]], limits: Limits) -> Iterator[Register]:
    """The registers that ``readings`` (as above) tell something of, or of their power."""
    for device, kind, times, samples in _by_device(readings):
        for register, (of_kind, quantity, power) in REGISTERS.items():
            if of_kind != kind:
                continue
            register_wh = [sample.get(register) for sample in samples]
            power_w = [sample.get(power) for sample in samples]
            if register_wh.count(None) + power_w.count(None) == 2 * len(samples):
                continue
            yield Register(device, quantity, times, register_wh, power_w, limits.most_w(device, quantity))


def installation_rows(
    of: Counted, start: datetime, end: datetime, statements: Iterable[EnergyRow] = ()
) -> list[EnergyRow]:
    """Rows of the installation in ``start``..``end`` (UTC), the derived quantities among them.

    ``statements`` are what others have totalled (``energy.statements``): they fill what readings lack.
    """
    window = range(to_us(start), to_us(end))
    sampled = {quantity: list(times.values()) for quantity, times in of.sampled.items()}
    parts: dict[tuple[str, int], list[Portion]] = defaultdict(list)
    for quantity, devices in of.portions.items():
        for portions in devices.values():
            for period, portion in portions.items():
                if period in window:
                    parts[quantity, period].append(portion)
    rows = {key: _row(*key, each, _expected(sampled[key[0]], key[1])) for key, each in parts.items()}
    for period, most in beyond_capacity(of.portions.get("generation", {}).values(), of.limits):
        key = "generation", period
        if key in rows:
            rows[key] = bounded_sum(rows[key], parts[key], most)
    return balanced(rows.values(), statements, sampled)


def balanced(
    rows: Iterable[EnergyRow], statements: Iterable[EnergyRow], sampled: Mapping[str, list[list[int]]]
) -> list[EnergyRow]:
    """``rows`` of readings, filled by others' ``statements``, with what is derived from both, by quantity and start.

    Of a quarter-hour that readings cover in part a statement gives the rest (:mod:`energy.statements.filling`).
    ``sampled`` are the times (microseconds) at which each device of a quantity was sampled.
    """
    periods: dict[datetime, dict[str, EnergyRow]] = defaultdict(dict)
    stated: dict[datetime, set[str]] = defaultdict(set)
    for row in statements:
        periods[row.start][row.quantity] = row
        stated[row.start].add(row.quantity)
    for row in rows:
        held = periods[row.start].get(row.quantity)
        periods[row.start][row.quantity] = row if held is None else filled(row, held)
        if periods[row.start][row.quantity] is row:
            stated[row.start].discard(row.quantity)
    has_meter = "import" in sampled or "export" in sampled
    for start, of in periods.items():
        silent = partial(_is_silent, sampled, to_us(start))
        for row in derived(of, stated[start], silent, has_meter):
            of[row.quantity] = row
    return sorted((row for of in periods.values() for row in of.values()), key=itemgetter(0, 1))


def _is_silent(sampled: Mapping[str, list[list[int]]], period: int, quantity: str) -> bool:
    """Whether a device of the ``quantity`` is expected in ``period``."""
    return bool(_expected(sampled.get(quantity, []), period))


def device_rows(of: Counted, device_id: str, quantity: str, start: datetime, end: datetime) -> list[EnergyRow]:
    """Rows of one device's own quantity in ``start``..``end`` (UTC), by start."""
    window = range(to_us(start), to_us(end))
    portions = of.portions.get(quantity, {}).get(device_id, {})
    return [_row(quantity, period, [portions[period]], 1) for period in sorted(portions) if period in window]


def _expected(sampled: list[list[int]], period: int) -> int:
    """The number of devices, sampled at these times, expected in ``period``: sampled within BRIDGE before its end."""
    end = period + QUARTER_US
    expected = 0
    for times in sampled:
        before = bisect_left(times, end)
        expected += before > 0 and end - times[before - 1] <= _BRIDGE_US
    return expected


def _by_device(
    readings: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[str, str, list[int], list[Mapping[str, Any]]]]:
    """Id, kind, times (microseconds) and readings of each device, one a time; one that changes its kind is two."""
    devices: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for reading in readings:
        held = devices[reading["device_id"]]
        at = to_us(reading["time"])
        held[at] = merge(held[at], reading) if at in held else reading
    for device, held in sorted(devices.items()):
        kinds: dict[str, list[int]] = defaultdict(list)
        for at in sorted(held):
            kinds[held[at]["device_kind"]].append(at)
        for kind, times in sorted(kinds.items()):
            yield device, kind, times, [held[at] for at in times]


def _row(quantity: str, period: int, parts: list[Portion], expected: int) -> EnergyRow:
    covered = 0 if len(parts) < expected else min(part.covered for part in parts)
    return EnergyRow(
        quantity,
        from_us(period),
        sum(part.mwh for part in parts) / MWH,
        covered / QUARTER_US,
        max((part.method for part in parts), key=lambda method: METHOD_RANK[method]),
        sum(part.lower for part in parts) / MWH,
        sum(part.upper for part in parts) / MWH,
        joined_causes(cause for part in parts for cause in part.cause.split(",")),
    )
