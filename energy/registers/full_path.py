"""The full path: deltas between valid samples are classified, apportioned and added up by quarter-hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from energy.energy_row import QUARTER_US, joined_causes
from energy.registers.apportion import ALL_TIME, Window, areas_under, by_power, by_time
from energy.registers.deltas import Delta, classify_delta
from energy.registers.outliers import validate_register
from energy.registers.pace import MW_US, SLACK_US, is_hole
from energy.registers.portion import Portion, bound_by_doubts, bounded
from energy.registers.samples import Samples
from energy.registers.standstill import ValidRegister

RESET_SHARE = 0.95
"""A reset register that has counted this share of what power gives was reset at the step's beginning."""


def portions_by_full_path(
    times: Sequence[int],
    register: Sequence[int | None],
    power: Sequence[int | None],
    capacity_w: float | None,
    bridge_us: int,
    window: Window = ALL_TIME,
) -> dict[int, Portion]:
    """Portions of every stretch between the samples, by quarter-hour; of a hole what falls into ``window``.

    Units as in :class:`energy.registers.samples.Samples`.
    """
    found: dict[int, Portion] = {}
    if not times:
        return found
    of = Samples(times, register, power, capacity_w)
    valid = validate_register(of)
    for period, portion in _stretches(of, valid, bridge_us, window):
        held = found.get(period)
        found[period] = portion if held is None else held.plus(portion)
    bound_by_doubts(of, valid, found)
    return found


def _stretches(of: Samples, valid: ValidRegister, bridge_us: int, window: Window) -> Iterator[tuple[int, Portion]]:
    samples = valid.samples
    if not samples:
        yield from _integrated(of, 0, len(of.times) - 1)
        return
    yield from _integrated(of, 0, samples[0])
    counted = {doubt.last for doubt in valid.doubts if of.integral(doubt.first, doubt.last)}
    for n, (last, here) in enumerate(pairwise(samples), start=1):
        if of.times[here] - of.times[last] > bridge_us:
            yield from _integrated(of, last, here)
        elif here in valid.integrated and (of.integral(last, here) is not None or valid.integrated[here] == "stuck"):
            yield from _integrated(of, last, here, valid.integrated[here])
        elif here in valid.frozen and of.plausible(last, here):
            yield from _spread(of, last, here, window)
        else:
            following = samples[n + 1] if n + 1 < len(samples) else None
            delta = classify_delta(of, samples[max(0, n - 2) : n], here, following)
            cause = valid.causes.get(here) or valid.integrated.get(here, "")
            if cause and not delta.cause:
                delta = delta._replace(cause=cause)
            yield from _step(of, (last, here), delta, window, here in counted)
    yield from _integrated(of, samples[-1], len(of.times) - 1)


def _spread(of: Samples, last: int, here: int, window: Window) -> Iterator[tuple[int, Portion]]:
    """A step whose power was frozen: known in sum alone."""
    step = (of.register[here] or 0) - (of.register[last] or 0)
    shares = list(by_time(step, of.times[last], of.times[here], window))
    for period, portion in bounded(shares, (step, step), of.bound, of.times[here] - of.times[last]):
        yield period, portion._replace(cause="stuck")


def _step(
    of: Samples, ends: tuple[int, int], delta: Delta, window: Window, is_counted: bool = False
) -> Iterator[tuple[int, Portion]]:
    """The shares of a classified delta; ``is_counted``: the count bounds them, however long it took."""
    last, here = ends
    integral = of.integral(last, here)
    unseen = not delta.known or (delta.cause == "reset" and delta.lower < RESET_SHARE * (integral or 0))
    if integral is not None and unseen:
        yield from _unseen(of, ends, delta)
        return
    shares = list(_shared(of, ends, delta.mwh, window))
    certain = delta.lower == delta.upper
    is_seen = delta.mwh == 0 or _in_one_period(of, last, here) or not _is_long(of, last, here)
    if certain and (is_counted or is_seen):
        if here - last == 1 or is_counted or not delta.mwh or len(shares) == 1:
            yield from ((period, Portion(mwh, us, "measured", mwh, mwh, delta.cause)) for period, mwh, us in shares)
        else:
            yield from _shared_by_power(of, ends, delta, shares)
        return
    method = "spread" if certain else "estimated"
    cause = joined_causes((delta.cause, "gap")) if certain else delta.cause
    for period, portion in bounded(shares, (delta.lower, delta.upper), of.bound, of.times[here] - of.times[last]):
        covered = portion.covered if delta.known else 0
        yield period, portion._replace(method=method, cause=cause, covered=covered)


def _unseen(of: Samples, ends: tuple[int, int], delta: Delta) -> Iterator[tuple[int, Portion]]:
    """Energy by power of a step that the register did not count; between two powers more or less may have flowed.

    Of several samples the powers within a minute of each other tell it.
    """
    last, here = ends
    span = of.times[here] - of.times[last]
    if here - last > 1:
        yield from _integrated(of, last, here, delta.cause, delta.upper * MW_US // span)
        return
    for period, portion in _integrated(of, last, here, delta.cause):
        lower = min(portion.lower, delta.lower if portion.covered == span else 0)
        yield period, portion._replace(lower=lower, upper=max(portion.upper, delta.upper * portion.covered // span))


def _shared_by_power(
    of: Samples, ends: tuple[int, int], delta: Delta, shares: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[int, Portion]]:
    """The shares of a step over samples whose register is not believed, bounded by the powers between its ends.

    A power that repeats itself to the last digit tells no shares: it is ``stuck``. Between powers more than a minute
    apart anything may have flowed.
    """
    last, here = ends
    total = delta.mwh
    if of.is_frozen(last, here - 1):
        cause = joined_causes((delta.cause, "stuck"))
        for period, portion in bounded(shares, (total, total), of.bound, of.times[here] - of.times[last]):
            yield period, portion._replace(cause=cause)
        return
    most_mw = of.bound(MW_US)
    powers = {period: (part.lower, part.upper) for period, part in _integrated(of, last, here, "", most_mw)}
    least, most = (sum(bounds) for bounds in zip(*powers.values(), strict=True)) if powers else (0, 0)
    for period, mwh, us in shares:
        lower, upper = powers.get(period, (0, 0))
        low = total * lower // max(1, lower + most - upper)
        high = -(-total * upper // max(1, upper + least - lower))
        yield period, Portion(mwh, us, "measured", min(low, mwh), max(mwh, min(high, of.bound(us))), delta.cause)


def _in_one_period(of: Samples, last: int, here: int) -> bool:
    begin = of.times[last]
    return of.times[here] <= begin - begin % QUARTER_US + QUARTER_US


def _is_long(of: Samples, last: int, here: int) -> bool:
    """Whether the step has a hole; where power is known on the whole way, somewhere between two of its samples."""
    spans = [of.times[here] - of.times[last]]
    if here - last > 1 and of.powered(last, here):
        spans = [b - a for a, b in pairwise(of.times[last : here + 1])]
    return is_hole(max(spans), of.pace.read_before(here))


def _shared(of: Samples, ends: tuple[int, int], mwh: int, window: Window) -> Iterable[tuple[int, int, int]]:
    last, here = ends
    power = [p for p in of.power[last : here + 1] if p is not None]
    if of.powered(last, here) and of.times[here] > of.times[last]:
        return by_power(mwh, of.times[last : here + 1], power)
    return by_time(mwh, of.times[last], of.times[here], window)


def _integrated(
    of: Samples, first: int, last: int, cause: str = "", most_mw: int | None = None
) -> Iterator[tuple[int, Portion]]:
    """Power integrated between two samples, wherever it is known; rounded once a quarter-hour.

    Between powers more than a minute apart 0 to ``most_mw`` may have flowed, where that is given.
    """
    areas: dict[int, list[int]] = {}
    doubted: set[int] = set()
    for i in range(first, last):
        p0, p1 = of.power[i], of.power[i + 1]
        if p0 is None or p1 is None or not of.powered(i, i + 1):
            continue
        low, high = min(p0, p1), max(p0, p1)
        if most_mw is not None and of.times[i + 1] - of.times[i] > SLACK_US:
            low, high = 0, max(high, most_mw)
        for period, area, us in areas_under(of.times[i], of.times[i + 1], p0, p1):
            held = areas.setdefault(period, [0, 0, 0, 0])
            if i in of.replaced or i + 1 in of.replaced:
                doubted.add(period)
            held[0] += area
            held[1] += us
            held[2] += low * us
            held[3] += high * us
    for period, (area, us, lower, upper) in areas.items():
        mwh = (area + MW_US) // (2 * MW_US)
        named = "momentary" if period in doubted and not cause else cause
        yield period, Portion(mwh, us, "integrated", min(mwh, lower // MW_US), max(mwh, -(-upper // MW_US)), named)
