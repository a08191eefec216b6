"""Energy that somebody else has totalled, as quarter-hours.

An interval longer than a quarter-hour is spread evenly over its quarter-hours (method ``spread``). Of two
statements about the same time of the same meter the one known later holds; of two known at once the measured one,
then the one that wins by ``energy.conflict``. Measured statements of shorter times keep their shape beside a longer one
that is known later (a bill's total of the month), and are scaled to it (:mod:`energy.statements.beliefs`). A total of
a day or more is not added to another meter's shorter ones: a bill names the supply by another id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from energy.balance import balanced
from energy.energy_row import METHOD_RANK, MWH, QUARTER_US, EnergyRow, from_us, joined_causes, to_mwh, to_us
from energy.registers.apportion import Window, by_time
from energy.statements.beliefs import COARSER, SCALED, Belief, Held, belief, held

FIELDS = {
    "import_wh": "import",
    "export_wh": "export",
    "generation_wh": "generation",
    "consumption_wh": "consumption",
    "self_consumption_wh": "self_consumption",
}


DAY_US = timedelta(hours=23) // timedelta(microseconds=1)
"""The shortest local day: totals as long are known of a supply as a whole."""


class _Piece(NamedTuple):
    """A piece of a statement of one meter in a quarter-hour; energy in mWh."""

    length: int
    """The length of the time that the statement speaks of, in microseconds."""
    covered: int
    mwh: int
    lower: int
    upper: int
    method: str
    cause: str


def interval_energy(intervals: Iterable[Mapping[str, Any]], start: datetime, end: datetime) -> list[EnergyRow]:
    """:func:`stated_energy`, and what is derived from it (:mod:`energy.derived`)."""
    return balanced([], stated_energy(intervals, start, end), {"import": []})


def stated_energy(intervals: Iterable[Mapping[str, Any]], start: datetime, end: datetime) -> list[EnergyRow]:
    """Quarter-hours of ``start``..``end`` (UTC) from the intervals of ONE installation, its meters added up.

    Intervals may come unsorted and repeated, and reach beyond the range. For equal numbers from any window give with
    each interval all that overlap it.
    """
    window = to_us(start), to_us(end)
    said: dict[tuple[str, int], dict[str, list[_Piece]]] = defaultdict(lambda: defaultdict(list))
    for (quantity, meter), beliefs in _beliefs(intervals).items():
        for each in held(beliefs):
            for period, piece in _pieces(each, window):
                said[quantity, period][meter].append(piece)
    rows = {key: _row(*key, list(meters.values())) for key, meters in said.items()}
    return [rows[key] for key in sorted(rows)]


def _beliefs(intervals: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[Belief]]:
    """Beliefs of each quantity and meter by the intervals."""
    found: dict[tuple[str, str], list[Belief]] = defaultdict(list)
    for interval in intervals:
        begin, end, known = (to_us(interval[name]) for name in ("start", "end", "known_at"))
        is_measured = interval["method"] == "measured"
        for field, quantity in FIELDS.items():
            value = interval.get(field)
            if value is not None:
                of = belief(known, is_measured, to_mwh(value), begin, end)
                found[quantity, interval["meter_id"]].append(of)
    return found


def _pieces(of: Held, window: Window) -> Iterator[tuple[int, _Piece]]:
    exact = "official" if of.length <= QUARTER_US and SCALED not in of.cause else "spread"
    method = exact if of.is_measured else "estimated"
    parts = by_time(of.mwh, of.begin, of.end, window)
    if of.lower == of.mwh == of.upper:
        for period, mwh, covered in parts:
            yield period, _Piece(of.length, covered, mwh, mwh, mwh, method, of.cause)
        return
    lowers, uppers = (by_time(bound, of.begin, of.end, window) for bound in (of.lower, of.upper))
    for (period, mwh, covered), (_, lower, _), (_, upper, _) in zip(parts, lowers, uppers, strict=True):
        yield period, _Piece(of.length, covered, mwh, min(lower, mwh), max(upper, mwh), method, of.cause)


def _row(quantity: str, period: int, meters: list[list[_Piece]]) -> EnergyRow:
    if len(meters) == 1 and len(meters[0]) == 1:  # nearly always
        (((_, covered, mwh, lower, upper, method, cause),),) = meters
        start = from_us(period)
        return EnergyRow(quantity, start, mwh / MWH, covered / QUARTER_US, method, lower / MWH, upper / MWH, cause)
    lengths = [min(piece.length for piece in pieces) for pieces in meters]
    is_known_finer = min(lengths) < DAY_US
    counted = [pieces for length, pieces in zip(lengths, meters, strict=True) if not is_known_finer or length < DAY_US]
    parts = [piece for pieces in counted for piece in pieces]
    causes = [piece.cause for piece in parts] + [COARSER] * (len(counted) < len(meters))
    return EnergyRow(
        quantity,
        from_us(period),
        sum(piece.mwh for piece in parts) / MWH,
        min(sum(piece.covered for piece in pieces) for pieces in counted) / QUARTER_US,
        max((piece.method for piece in parts), key=METHOD_RANK.__getitem__),
        sum(piece.lower for piece in parts) / MWH,
        sum(piece.upper for piece in parts) / MWH,
        joined_causes(causes),
    )
