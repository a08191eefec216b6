"""The meaning of a step between two believed values of a register: energy, a wrap, a reset, another meter, a jump."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from energy.registers.pace import CONTEXT, LIKE, SLACK_US
from energy.registers.resolution import MODULI, count_of
from energy.registers.samples import OFF_BY, SPARE_MWH, Samples

WRAP_SHARE = 3
"""A wrap's energy differs from that of power by at most this part of it, and two counts."""
NEAR_US = timedelta(hours=1) // timedelta(microseconds=1)


class Delta(NamedTuple):
    """Energy of a step in mWh, the bounds of the truth, the cause; ``known`` is False where nothing was counted."""

    mwh: int
    lower: int
    upper: int
    cause: str = ""
    known: bool = True


def classify_delta(of: Samples, before: Sequence[int], here: int, following: int | None) -> Delta:
    """The step up to sample ``here`` from the last of ``before`` (one or two believed samples).

    A fall is, in this order, a wrap, a reset to zero, or another meter; a rise that can't have happened is a jump.
    ``following`` is the next sample, if any: where nothing else bounds a step, the steps beside it do.
    """
    last = before[-1]
    high, low = of.register[last] or 0, of.register[here] or 0
    if of.plausible(last, here):
        step = low - high
        usual = of.usual(last, here) if high == 0 and of.is_first(last) else None
        # A first 0 may be no value yet.
        return Delta(step, step, step) if usual is None or step <= usual else Delta(step, 0, step, "reset")
    wrap = wrapped(of, last, here)
    if wrap is not None:
        return Delta(wrap, wrap, wrap, "wrap")
    bound = of.greatest(last, here)
    most = _most(of, before, here, following)
    if low > high:
        return Delta(0, 0, bound, "jump", known=False)
    integral = of.integral(last, here)
    if integral is not None:
        most = min(most, round(OFF_BY * integral) + SPARE_MWH)
    if low > most:
        return Delta(0, 0, bound, "replaced", known=False)
    idle = following is not None and len(before) == 2 and _idle(of, last, here)
    # Without power nobody knows what it showed already when it was put in.
    surely = low if integral is not None and low <= (of.usual(last, here) or 0) else 0
    return Delta(low, surely, low if idle else max(low, bound), "reset")


def wrapped(of: Samples, last: int, here: int) -> int | None:
    """The step's energy if the register wrapped in it at 16 or 32 bits (or five or six digits of kWh), else None."""
    high, low = of.register[last] or 0, of.register[here] or 0
    if low >= high:
        return None
    for modulus, scale in MODULI:
        if not _can_wrap_at(of, last, here, (modulus, scale)):
            continue
        step = modulus - high + low
        integral, usual = of.integral(last, here), of.usual(last, here)
        if step > of.most(last, here) or (usual is not None and step > LIKE * usual):
            continue
        if integral is not None:
            # A reset leaves what was counted since; power tells the two apart, to a count.
            off = abs(step - integral)
            if off <= abs(low - integral) + scale and WRAP_SHARE * off <= integral + 2 * WRAP_SHARE * scale:
                return step
        elif (low > 0 and _is_like_its_neighbours(of, last, here, step)) or step <= 20 * scale:
            return step
    return None


def _can_wrap_at(of: Samples, last: int, here: int, at: tuple[int, int]) -> bool:
    """Whether the register's values are those of one that wraps at a modulus of so many counts of a scale (mWh)."""
    modulus, scale = at
    high, low = of.register[last] or 0, of.register[here] or 0
    if high >= modulus or high % scale or low % scale:
        return False
    if high == modulus - scale and not _counted_up(of, last):
        return False
    near = [value for value in of.register[max(0, last - CONTEXT) : here + 1 + CONTEXT] if value is not None]
    if max(near) >= modulus:
        return False
    # What wraps at a power of two in counts of this scale shows each of them, not tens alone.
    if modulus % (10 * scale) and all(value % (10 * scale) == 0 for value in near):
        return False
    if of.times[here] - of.times[last] <= NEAR_US:
        return high >= modulus // 2 > low
    return max(modulus - high, low) <= modulus // 50


def _is_like_its_neighbours(of: Samples, last: int, here: int, step: int) -> bool:
    """Whether the ``step`` goes on about as fast as the register rose just before it, or rises just after it."""
    span, register = of.times[here] - of.times[last], of.register
    before = next((i for i in reversed(range(last)) if register[i] is not None), None)
    after = next((i for i in range(here + 1, len(register)) if register[i] is not None), None)
    paces = []
    for i, j in ((before, last), (here, after)):
        if i is not None and j is not None and of.plausible(i, j):
            paces.append(((register[j] or 0) - (register[i] or 0)) * span // (of.times[j] - of.times[i]))
    return not paces or 4 * step <= 5 * max(paces) + 8 * count_of(register[last] or 0, register[here] or 0)


def _counted_up(of: Samples, last: int) -> bool:
    """Whether the register has been seen to rise to sample ``last``; all ones else are a marker."""
    high = of.register[last] or 0
    lower = (value for value in reversed(of.register[:last]) if value is not None and value != high)
    return 0 < next(lower, 0) < high


def _most(of: Samples, before: Sequence[int], here: int, following: int | None) -> int:
    """The most energy of the step by capacity or power, else four times the pace of the steps beside it."""
    last = before[-1]
    paces = []
    for i, j in ((before[-2] if len(before) > 1 else None, last), (here, following)):
        if i is not None and j is not None:
            rise = (of.register[j] or 0) - (of.register[i] or 0)
            if rise >= 0:
                paces.append((rise, of.times[j] - of.times[i]))
    most = of.most(last, here)
    if not paces or of.is_bounded(last, here):
        return most
    span = of.times[here] - of.times[last] + SLACK_US
    resolution = 2 * count_of(of.register[last] or 0, of.register[here] or 0)
    return min(most, max(4 * rise * span // time for rise, time in paces) + SPARE_MWH) + resolution


def _idle(of: Samples, last: int, here: int) -> bool:
    """Whether the register stood still on both sides of the step for as long as is looked, and power was nowhere."""
    sides = slice(max(0, last - CONTEXT), last + 1), slice(here, here + CONTEXT + 1)
    still = all(len({*of.register[side]} - {None}) == 1 for side in sides)
    return still and not any(power for side in sides for power in of.power[side])
