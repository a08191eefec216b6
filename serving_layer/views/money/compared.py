"""A distributor's hourly shares beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from energy.calendar import day_start
from energy.money.community.agreement import ONE
from energy.money.community.official_curves import ASSIGNED, SELF_CONSUMED, Fit, best_rule, fits
from energy.money.exact import kwh
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue
from serving_layer.views.money.agreements import owners_of, read_official
from serving_layer.views.money.community import Hourly, NotShared, agreement_of, coefficients_needed, hourly

COLUMNS = ("member", "what", "rule", "hours", "differing", "official_kwh", "ours_kwh", "implied_beta")


def compare_rows(
    reader: Reader, community: str, path: Path, curves: Sequence[Path], days: tuple[date, date]
) -> tuple[list[dict[str, Any]], str]:
    """What the distributor's files state (A5D, B5D) beside ours, by each rule of counting hours; and which rule fits.

    Raises :class:`NotShared`, :class:`serving_layer.views.money.agreements.AgreementFileError`.
    """
    plant, agreed = agreement_of(reader, community, path)
    owners = owners_of(catalogue.installations(reader))
    span = Span(*(day_start(day, agreed.zone) for day in days))
    generation = hourly(reader, [plant], "generation", span)[plant]
    official: dict[str, dict[str, Hourly]] = {ASSIGNED: {}, SELF_CONSUMED: {}}
    for file in curves:
        what, stated = read_official(file)
        for number, curve in stated.items():
            if number not in owners:
                raise NotShared(f"{file.name}: no installation is registered with the CUPS {number}.")
            official[what][owners[number]] = {hour: mwh for hour, mwh in curve.items() if span.start <= hour < span.end}
    uses = hourly(reader, sorted(official[SELF_CONSUMED]), "consumption", span)
    with coefficients_needed():
        found = fits(official[ASSIGNED], generation, agreed)
        found += fits(official[SELF_CONSUMED], generation, agreed, uses)
    rule = best_rule(found)
    said = "both rules of counting hours fit alike" if rule is None else f"the rule that fits is {rule}"
    return [_compared(fit) for fit in found], f"{said}; the agreement says {agreed.rule}"


def _compared(fit: Fit) -> dict[str, Any]:
    energies = {"official_kwh": kwh(fit.official), "ours_kwh": kwh(fit.ours)}
    beta = None if fit.implied is None else fit.implied / ONE
    return fit._asdict() | energies | {"implied_beta": beta}
