"""Registers carried from batch to batch: energy of readings that come in order, without the old ones read again.

The state of an installation up to one offset (:class:`CarriedState`) and the readings after it give the energy of all
readings together, as long as each device's come in order of time and its registers are plain
(``energy.registers.fast_path``). Else nothing is carried, and the energy is computed from the stored readings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from energy.balance import Counted, Register, installation_rows, registers
from energy.energy_row import EPOCH, QUARTER_US, EnergyRow, from_us, to_us
from energy.limits import Limits
from energy.registers.counters import BRIDGE, Course, advanced_course
from speed_layer.energy_query.windows import Window
from speed_layer.lookups import Reading

KEPT_US = timedelta(hours=1) // timedelta(microseconds=1)
"""A device may lag the others by an hour before its state is dropped."""


class CarriedState(NamedTuple):
    """An installation up to one place of the log. Times are microseconds from the epoch."""

    since: int
    """The first quarter-hour of which all is held."""
    limits: Limits
    sampled: dict[str, list[int]]
    """Times at which each device was sampled: the last of each quarter-hour, and the last one before ``since``."""
    courses: dict[tuple[str, str], Course] | None
    """Courses by device and quantity; None where none can be carried on, and ``sampled`` is the last time alone."""


class Advanced(NamedTuple):
    """An installation that was carried: the periods made anew, their rows, and what later readings go on from."""

    window: Window
    rows: list[EnergyRow]
    carried: CarriedState


def begin(
    readings: Iterable[Reading],
    newest: Mapping[str, datetime],
    seen: Mapping[str, int],
    ends: Mapping[int, int],
    start: datetime,
    limits: Limits,
) -> CarriedState:
    """The state of an installation by its stored ``readings`` since ``start`` and their neighbours before it.

    ``newest`` is the time of each device's latest stored reading, ``seen`` of its latest one read so far, ``ends`` the
    last offset read of each Kafka partition: readings stored from behind it are still to come.
    """
    nothing = CarriedState(to_us(start), limits, {device: [at] for device, at in seen.items()}, None)
    by_device: dict[str, list[Reading]] = {device: [] for device, at in newest.items() if at > start - BRIDGE}
    for reading in readings:
        by_device.setdefault(reading["device_id"], []).append(reading)
    past: list[Reading] = []
    for device, all_ in by_device.items():
        known = _up_to(ends, sorted(all_, key=lambda each: each["time"]), newest.get(device), seen.get(device, 0))
        if known is None:
            return nothing
        past += known
    sampled: dict[str, list[int]] = defaultdict(list)
    for reading in past:
        sampled[reading["device_id"]].append(to_us(reading["time"]))
    if any(times[0] < limits.since for times in sampled.values()):
        return nothing
    if len({(reading["device_id"], reading["device_kind"]) for reading in past}) > len(sampled):
        return nothing  # one has turned into a device of another kind
    courses: dict[tuple[str, str], Course] = {}
    for register in registers(past, limits):
        course = _plain(None, register)
        if course is None:
            return nothing
        courses[register.device_id, register.quantity] = course
    return _kept(to_us(start), limits, sampled, courses)


def advance(of: CarriedState, new: Sequence[Register], limits: Limits) -> Advanced | None:
    """``of`` with a batch's ``new`` readings, or None where they are to be made from what is stored.

    A device without a register is given as one of no quantity.
    """
    if of.courses is None:
        return None
    sampled, courses = dict(of.sampled), dict(of.courses)
    devices = {each.device_id: each.times for each in new}
    for device, times in devices.items():
        before = of.sampled.get(device)
        if before is None or times[0] <= before[-1]:
            return None
        sampled[device] = [*before, *times]
    first = min(_period(of.sampled[device][-1]) for device in devices)
    by_register = {(each.device_id, each.quantity): each for each in new if each.quantity}
    is_known = by_register.keys() == {each for each in courses if each[0] in devices}
    # Where the topic was given more partitions, two tasks may hold readings of one device.
    is_single = len({(each.device_id, each.quantity) for each in new}) == len(new)
    if first < of.since or limits != of.limits or not (is_known and is_single):
        return None
    for each, register in by_register.items():
        course = _plain(courses[each], register)
        if course is None:
            return None
        courses[each] = course
    end = max(times[-1] for times in devices.values())
    window = Window(from_us(first), from_us(_period(end) + QUARTER_US))
    rows = installation_rows(_counted(sampled, courses, limits), *window)
    if _takes_back(of, rows, window):
        return None
    return Advanced(window, rows, _kept(of.since, limits, sampled, courses))


def _takes_back(of: CarriedState, rows: Sequence[EnergyRow], window: Window) -> bool:
    """Whether ``of`` said something that the ``rows`` say no more: what is consumed where an export has no source."""
    said = {(row.quantity, row.start) for row in rows}
    if of.courses is None or all(("consumption", start) in said for quantity, start in said if quantity == "import"):
        return False
    before = installation_rows(_counted(of.sampled, of.courses, of.limits), *window)
    return any((row.quantity, row.start) not in said for row in before)


def _up_to(
    ends: Mapping[int, int], readings: Sequence[Reading], newest: datetime | None, seen: int
) -> Sequence[Reading] | None:
    """The readings of one device up to the end of a batch; None unless those behind it are later and all are there."""
    is_past = [each["kafka_offset"] <= ends.get(each["kafka_partition"], -1) for each in readings]
    count = sum(is_past)
    if not all(is_past[:count]):
        return None
    past = readings[:count]
    last = past[-1]["time"] if past else EPOCH
    # A stored reading bears the offset of the last message that changed it: one already seen may look to come.
    is_there = to_us(last) >= seen
    return past if is_there and (count < len(readings) or newest is None or last >= newest) else None


def _plain(course: Course | None, of: Register) -> Course | None:
    """The course with more samples; None where it is in doubt."""
    return advanced_course(course, of.times, of.register_wh, of.power_w, of.capacity_w)


def _counted(sampled: Mapping[str, list[int]], courses: Mapping[tuple[str, str], Course], limits: Limits) -> Counted:
    counted = Counted(defaultdict(dict), defaultdict(dict), limits)
    for (device, quantity), course in courses.items():
        counted.portions[quantity][device] = course.portions(limits.most_w(device, quantity))
        counted.sampled[quantity][device] = sampled[device]
    return counted


def _kept(
    since: int,
    limits: Limits,
    sampled: Mapping[str, list[int]],
    courses: Mapping[tuple[str, str], Course],
) -> CarriedState:
    """The state without what is not needed later."""
    latest = max((times[-1] for times in sampled.values()), default=since)
    since = max(since, _period(latest) - KEPT_US)
    last = {device: _thinned(times, since) for device, times in sampled.items()}
    return CarriedState(since, limits, last, {key: course.since(since) for key, course in courses.items()})


def _thinned(times: Sequence[int], since: int) -> list[int]:
    last = {max(_period(at), since - 1): at for at in times}
    return list(last.values())


def _period(at: int) -> int:
    return at - at % QUARTER_US
