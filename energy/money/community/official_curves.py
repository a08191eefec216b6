"""The hourly share as the distributor states it in files A5D and B5D, and by which rule its hours were counted.

Lines are ``CUPS;time;season;in;out;…`` in Wh: the time is the local end of the hour, season 0 winter and 1 summer. In
B5D out is what was assigned, the net generation times the member's coefficient; in A5D in is what was self-consumed.
"""

from __future__ import annotations

import bz2
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from energy.energy_row import MWH
from energy.money.community.agreement import ONE, Agreement
from energy.money.community.coefficient_lines import BOM
from energy.money.community.hours import RULES, Rule
from energy.money.community.numbers import cups, supply
from energy.money.community.sharing import assign

SELF_CONSUMED, ASSIGNED = "self-consumed", "assigned"
COLUMN = {SELF_CONSUMED: 3, ASSIGNED: 4}
"""The index of each energy in a line (in, out)."""
HOUR = timedelta(hours=1)
Curve = Mapping[datetime, int]


class CurveFileError(ValueError):
    """A line of a curve file that can't be taken; the text names it."""


def read_curves(content: bytes, what: str = ASSIGNED) -> dict[str, Curve]:
    """mWh of each hour by its start (UTC), by supply (the first 20 characters of its CUPS).

    ``what``, a key of :data:`COLUMN`, says which column counts. ``content`` may be packed with bzip2.
    Raises :class:`CurveFileError`.
    """
    try:
        plain = bz2.decompress(content) if content.startswith(b"BZh") else content
    except (OSError, ValueError) as error:
        raise CurveFileError(f"it can't be unpacked: {error}") from None
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    for number, line in enumerate(plain.removeprefix(BOM).decode("iso-8859-15").splitlines(), start=1):
        fields = [part.strip() for part in line.split(";")]
        if fields == [""]:
            continue
        try:
            start, energy_wh = _start(fields[1], fields[2]), int(fields[COLUMN[what]])
            of = found[supply(cups(fields[0]))]
        except (IndexError, ValueError, OverflowError) as error:
            raise CurveFileError(f"line {number} is none of A5D or B5D, CUPS;time;season;in;out: {error}") from None
        if of.get(start, energy_wh * MWH) != energy_wh * MWH:
            raise CurveFileError(f"line {number} states another value of an hour before it")
        of[start] = energy_wh * MWH
    return dict(found)


class Fit(NamedTuple):
    """The fit of one member's official curve to ours under one rule of counting hours."""

    member: str
    what: str
    """Assigned or self-consumed."""
    rule: Rule
    hours: int
    differing: int
    """Hours that are more than a Wh apart: official curves are whole Wh."""
    official: int
    """mWh."""
    ours: int
    implied: int | None
    """The mean coefficient that the official curve implies, in millionths; None without generation."""
    apart: int = 0
    """The differences of all hours together, whichever is more, mWh."""


def fits(
    official: Mapping[str, Curve], generation: Curve, of: Agreement, uses: Mapping[str, Curve] | None = None
) -> list[Fit]:
    """Each member's official assigned energy beside ours, by every rule of counting hours.

    ``official`` is by member. With ``uses``, by member, it states what was self-consumed, and so do we.
    Raises :class:`energy.money.community.agreement.NoCoefficients`.
    """
    return [
        _fit(member, curve, generation, Agreement(of.versions, of.zone, rule), None if uses is None else uses[member])
        for member, curve in sorted(official.items())
        for rule in RULES
    ]


def best_rule(found: Sequence[Fit]) -> Rule | None:
    """The rule under which fewest hours differ, and of as many by least; None where they fit alike."""
    differing = {
        rule: tuple(map(sum, zip(*((fit.differing, fit.apart) for fit in found if fit.rule == rule), strict=True)))
        for rule in RULES
    }
    least = min(differing.values())
    best = [rule for rule, number in differing.items() if number == least]
    return best[0] if len(best) == 1 else None


def _fit(member: str, curve: Curve, generation: Curve, of: Agreement, use: Curve | None) -> Fit:
    hours = sorted(curve.keys() & generation.keys() & (curve if use is None else use).keys())
    ours = {hour: assign(generation[hour], of.at(hour)).get(member, 0) for hour in hours}
    if use is not None:
        ours = {hour: min(mwh, max(use[hour], 0)) for hour, mwh in ours.items()}
    differing = sum(abs(ours[hour] - curve[hour]) > MWH for hour in hours)
    generated = sum(generation[hour] for hour in hours)
    stated = sum(curve[hour] for hour in hours)
    # What was self-consumed implies no coefficient: the member's use bounds it.
    implied = round(stated * ONE / generated) if generated and use is None else None
    what = ASSIGNED if use is None else SELF_CONSUMED
    apart = sum(abs(ours[hour] - curve[hour]) for hour in hours)
    return Fit(member, what, of.rule, len(hours), differing, stated, sum(ours.values()), implied, apart)


def _start(text: str, season: str) -> datetime:
    if season not in ("0", "1"):
        raise ValueError(f"the season is {season!r}, write 0 in winter, 1 in summer")
    # The day's last hour ends at 24:00, or at 00:00 of the next.
    day, _, of_day = text.replace("/", "-").partition(" ")
    ends_day = of_day in ("24:00", "24:00:00")
    end = datetime.fromisoformat(f"{day} 00:00" if ends_day else f"{day} {of_day}") + HOUR * (24 if ends_day else 0)
    return (end - HOUR * (2 if season == "1" else 1)).replace(tzinfo=timezone.utc) - HOUR
