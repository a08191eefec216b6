"""A distributor's hourly shares beside ours, as its files or Datadis state them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from energy.calendar import day_start
from energy.money.community.agreement import ONE, Agreement
from energy.money.community.hours import Rule
from energy.money.community.official_curves import ASSIGNED, SELF_CONSUMED, Fit, best_rule, fits
from energy.money.exact import kwh
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue
from serving_layer.views.money import kept_agreement
from serving_layer.views.money.agreements import owners_of, read_official
from serving_layer.views.money.community import Hourly, NotShared, agreement_of, coefficients_needed, hourly
from serving_layer.views.money.stated_hours import stated_shares

Official = Mapping[str, Mapping[str, Hourly]]
"""mWh by what is stated, member and hour."""
COLUMNS = ("member", "what", "rule", "hours", "differing", "official_kwh", "ours_kwh", "implied_beta")


def compare_rows(
    reader: Reader, community: str, path: Path, curves: Sequence[Path], days: tuple[date, date]
) -> tuple[list[dict[str, Any]], str]:
    """Energy by the distributor's files (A5D, B5D) beside ours, by each rule of counting hours; and which rule fits.

    Without files what Datadis has stated. Raises :class:`NotShared`,
    :class:`serving_layer.views.money.agreements.AgreementFileError`.
    """
    plant, agreed = agreement_of(reader, community, path)
    if not curves:
        return compare_stated(reader, plant, agreed, days)
    span = _span(agreed, days)
    return _compared_with(reader, plant, agreed, span, _of_files(reader, curves, span))


def compare_kept(reader: Reader, community: str, days: tuple[date, date]) -> tuple[list[dict[str, Any]], str]:
    """:func:`compare_stated` by the agreement that is kept, at most :data:`kept_agreement.KEPT_SECONDS` old.

    A month of 17 members takes eight seconds. Raises :class:`NotShared`.
    """

    def made() -> tuple[list[dict[str, Any]], str]:
        kept = kept_agreement.kept(reader, community)
        return compare_stated(reader, kept.generation, kept.agreement, days)

    return reader.kept(f"stated shares {community} {days}", kept_agreement.KEPT_SECONDS, made)


def compare_stated(
    reader: Reader, plant: str, agreed: Agreement, days: tuple[date, date]
) -> tuple[list[dict[str, Any]], str]:
    """The same of what Datadis, or another file of a distributor, has stated. Raises :class:`NotShared`."""
    span = _span(agreed, days)
    official = stated_shares(reader, agreed.members, span)
    if not official[ASSIGNED]:
        raise NotShared(
            "No distributor has stated surplus and self-consumption of a member in these days: "
            "`solera backfill datadis` asks for them."
        )
    return _compared_with(reader, plant, agreed, span, official)


def _span(agreed: Agreement, days: tuple[date, date]) -> Span:
    return Span(*(day_start(day, agreed.zone) for day in days))


def _of_files(reader: Reader, curves: Sequence[Path], span: Span) -> Official:
    owners = owners_of(catalogue.installations(reader))
    official: dict[str, dict[str, dict[datetime, int]]] = {ASSIGNED: {}, SELF_CONSUMED: {}}
    for file in curves:
        what, stated = read_official(file)
        for number, curve in stated.items():
            if number not in owners:
                raise NotShared(f"{file.name}: no installation is registered with the CUPS {number}.")
            within = {hour: mwh for hour, mwh in curve.items() if span.start <= hour < span.end}
            known = official[what].setdefault(owners[number], {})
            again = next((hour for hour, mwh in within.items() if known.get(hour, mwh) != mwh), None)
            if again is not None:
                raise NotShared(f"{file.name} states another value of {again:%Y-%m-%dT%H:%MZ} than a file before it.")
            known.update(within)
    return official


def _compared_with(
    reader: Reader, plant: str, agreed: Agreement, span: Span, official: Official
) -> tuple[list[dict[str, Any]], str]:
    generation = hourly(reader, [plant], "generation", span)[plant]
    uses = hourly(reader, sorted(official[SELF_CONSUMED]), "consumption", span)
    with coefficients_needed():
        found = fits(official[ASSIGNED], generation, agreed)
        found += fits(official[SELF_CONSUMED], generation, agreed, uses)
    return [_compared(fit) for fit in found], what_fits(best_rule(found), agreed.rule)


def what_fits(best: Rule | None, agreed: Rule) -> str:
    """The rule of counting hours that fits what is stated, beside the one of the agreement."""
    said = "both rules of counting hours fit alike" if best is None else f"the rule that fits is {best}"
    return f"{said}; the agreement says {agreed}"


def _compared(fit: Fit) -> dict[str, Any]:
    energies = {"official_kwh": kwh(fit.official), "ours_kwh": kwh(fit.ours)}
    beta = None if fit.implied is None else fit.implied / ONE
    return fit._asdict() | energies | {"implied_beta": beta}
