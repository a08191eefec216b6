"""A period in numbers: totals beside the period before, shares of own sun, greatest powers, and what all rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from energy.calendar import period_end
from energy.energy_row import QUARTER
from energy.records import QUANTITIES, Quantity
from serving_layer.views.merge import BATCH, Value
from serving_layer.views.totals import whole
from serving_layer.web.charts import why
from serving_layer.web.charts.labels import Labels
from serving_layer.web.periods import energies
from serving_layer.web.periods.energies import Energies
from serving_layer.web.periods.months import Asked
from serving_layer.web.periods.period import PARTS, Period
from serving_layer.web.words.words import NOTHING, Words

PEAKS: tuple[Quantity, ...] = ("generation", "consumption", "import")


class Total(NamedTuple):
    """A row of the table; amounts are a number and its unit."""

    quantity: Quantity
    name: str
    amount: tuple[str, str]
    tag: str
    before: tuple[str, str]
    change: str
    why: why.Why


def totals(found: Mapping[Quantity, Energies], period: Period, asked: Asked, labels: Labels) -> list[Total]:
    """A row a quantity, in the order of the balance."""
    return [_total(quantity, found[quantity], (period, asked), labels) for quantity in QUANTITIES if quantity in found]


def shares(found: Mapping[Quantity, Energies], words: Words) -> list[tuple[str, str, str]]:
    """Name, number and meaning of self-consumption and self-sufficiency, each where it is known."""
    names = ("self_consumption", "self_sufficiency")
    return [
        (words.pages[name], words.number(100 * share), words.pages[f"{name}_of"])
        for name, share in zip(names, energies.shares(found), strict=True)
        if share is not None
    ]


def peaks(found: Mapping[Quantity, Energies], labels: Labels) -> list[tuple[str, str, str, str]]:
    """Name, number, unit and time of the greatest quarter-hour of each quantity."""
    said = []
    for quantity in PEAKS:
        peak = found[quantity].peak if quantity in found else None
        if peak is not None and peak.energy_wh > 0:
            number, unit = labels.words.power(peak.energy_wh * 4)
            name = labels.words.pages["peak"].format(what=labels.words.energies[quantity].lower())
            said.append((name, number, unit, labels.words.moment(peak.start, labels.zone)))
    return said


def heading(period: Period, words: Words) -> str:
    """The period as people name it."""
    if period.kind == "week":
        last = period.until - timedelta(days=1)
        return f"{words.dated(period.first, 'd MMM')} – {words.dated(last, 'd MMM y')}"
    said = words.dated(period.first, words.pages[f"pattern_{period.kind}"])
    return said[:1].upper() + said[1:]


def basis(asked: Asked, words: Words) -> str:
    """The run that the numbers rest on, and the clock of the times, in words."""
    seen, zone = asked.seen, asked.zone
    published = words.unpublished
    if seen.cut is not None:
        published = words.published_to.format(moment=words.moment(seen.cut, zone), run=seen.runs[0].run_id)
    return f"{published} {words.times_of.format(zone=words.clock_of(zone))}"


def _total(quantity: Quantity, of: Energies, when: tuple[Period, Asked], labels: Labels) -> Total:
    words, (period, asked) = labels.words, when
    span = period.span(asked.zone)
    ended = min(span.end, max(asked.now, span.start + QUARTER))
    parts = [(value, period_end(value.start, PARTS[period.kind], asked.zone)) for value in of.parts]
    value = whole(parts, span.start, ended)
    change = "" if of.change is None else f"{words.signed(100 * of.change)} %"
    return Total(
        quantity,
        words.energies[quantity],
        words.energy(of.total_wh),
        _tag(of.parts, words),
        words.energy(of.comparable_wh),
        change or NOTHING,
        [] if value is None else _why(value, of.parts, labels),
    )


def _why(value: Value, parts: Sequence[Value], labels: Labels) -> why.Why:
    """Reasons for any value; one that is published in part says so."""
    said, say = why.of_value(value, labels), labels.words.pages
    if value.view != BATCH and any(part.view == BATCH for part in parts):
        said[0] = (say["why_view"], say["view_part"])
    return said


def _tag(values: Sequence[Value], words: Words) -> str:
    views = {value.view for value in values}
    if not views:
        return ""
    return words.tags["published" if views == {BATCH} else ("live" if BATCH not in views else "part")]
