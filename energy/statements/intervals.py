"""Energy that somebody else has totalled, as quarter-hours.

An interval longer than a quarter-hour is spread evenly over its quarter-hours (method ``spread``). Of two
statements about the same time of the same meter the one known later holds; of two known at once the measured one,
then the one that wins by ``energy.conflict``. A measured statement of a shorter time is not wiped by one of a longer
time that is known later (a bill's total of the month): the shape stays, and the row says ``coarser total``. Nor is a
total of a day or more added to another meter's shorter ones: a bill names the supply by another id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from energy.balance import balanced
from energy.energy_row import METHOD_RANK, MWH, QUARTER_US, EnergyRow, from_us, to_mwh, to_us
from energy.registers.apportion import by_time

FIELDS = {
    "import_wh": "import",
    "export_wh": "export",
    "generation_wh": "generation",
    "consumption_wh": "consumption",
    "self_consumption_wh": "self_consumption",
}


DAY_US = timedelta(hours=23) // timedelta(microseconds=1)
"""The shortest local day: totals as long are known of a supply as a whole."""
COARSER = "coarser total"
"""Cause of a row whose period a longer statement covers, too, that is known later."""


class _Piece(NamedTuple):
    """What one interval says about one quarter-hour: the newest first when sorted."""

    precedence: tuple[int, int, int]
    length: int
    """How long a time the statement speaks of, in microseconds."""
    begin: int
    end: int
    mwh: int
    method: str


def interval_energy(intervals: Iterable[Mapping[str, Any]], start: datetime, end: datetime) -> list[EnergyRow]:
    """:func:`stated_energy`, and what is derived from it (:mod:`energy.derived`)."""
    return balanced([], stated_energy(intervals, start, end), {"import": []})


def stated_energy(intervals: Iterable[Mapping[str, Any]], start: datetime, end: datetime) -> list[EnergyRow]:
    """Quarter-hours of ``start``..``end`` (UTC) from the intervals of ONE installation, its meters added up.

    Intervals may come unsorted and repeated, and reach beyond the range.
    """
    window = to_us(start), to_us(end)
    said: dict[tuple[str, int], dict[str, list[_Piece]]] = defaultdict(lambda: defaultdict(list))
    for interval in intervals:
        begin, finish = to_us(interval["start"]), to_us(interval["end"])
        known = to_us(interval["known_at"])
        measured = interval["method"] == "measured"
        exact = "official" if finish - begin <= QUARTER_US else "spread"
        method = exact if measured else "estimated"
        for field, quantity in FIELDS.items():
            value = interval.get(field)
            if value is None:
                continue
            amount = to_mwh(value)
            precedence = (-known, -measured, -amount)
            edge = max(begin, window[0])
            for period, mwh, covered in by_time(amount, begin, finish, window):
                piece = _Piece(precedence, finish - begin, edge, edge + covered, mwh, method)
                said[quantity, period][interval["meter_id"]].append(piece)
                edge += covered
    rows = {key: _row(*key, list(meters.values())) for key, meters in said.items()}
    return [rows[key] for key in sorted(rows)]


def _row(quantity: str, period: int, meters: list[list[_Piece]]) -> EnergyRow:
    if len(meters) == 1 and len(meters[0]) == 1:  # nearly always, and three times as fast
        (((_, _, begin, end, mwh, method),),) = meters
        energy = mwh / MWH
        return EnergyRow(quantity, from_us(period), energy, (end - begin) / QUARTER_US, method, energy, energy)
    mwh, completeness, methods, cause = 0, 1.0, set(), ""
    ordered_by_meter = [_in_precedence(pieces) for pieces in meters]
    is_known_finer = any(ordered[0].length < DAY_US for ordered in ordered_by_meter)
    for pieces, ordered in zip(meters, ordered_by_meter, strict=True):
        if is_known_finer and ordered[0].length >= DAY_US:
            cause = COARSER
            continue
        held: list[_Piece] = []
        for piece in ordered:
            if all(piece.end <= other.begin or piece.begin >= other.end for other in held):
                held.append(piece)
        if any(piece.precedence < ordered[0].precedence for piece in pieces):
            cause = COARSER
        mwh += sum(piece.mwh for piece in held)
        completeness = min(completeness, sum(piece.end - piece.begin for piece in held) / QUARTER_US)
        methods |= {piece.method for piece in held}
    energy = mwh / MWH
    method = max(methods, key=METHOD_RANK.__getitem__)
    return EnergyRow(quantity, from_us(period), energy, completeness, method, energy, energy, cause)


def _in_precedence(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces, the one that holds first: the newest, but for a measured one of a shorter time."""
    newest_first = sorted(pieces)
    holds = newest_first[0]
    for piece in newest_first[1:]:
        if piece.method != "estimated" and piece.length < holds.length:
            holds = piece
    return [holds, *(piece for piece in newest_first if piece is not holds)]
