"""Differences of a supply's contract, as its distributor states it, from what is registered: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from energy.money.community.agreement import ONE, Version
from energy.money.community.numbers import WrongNumber, cau, supply
from energy.money.contract import PERIODS, Contract
from energy.money.modalities import SHARED

NEAR = Decimal("0.01")
"""kW: powers are stated with two decimals or three."""
NONE = "00"
"""Code of a supply without self-consumption."""


class StatedContract(NamedTuple):
    """A contract as the distributor states it; what it leaves out is None, "" or empty. Days are local."""

    cups: str
    marketer: str
    tariff: str
    """The access tariff, as 2.0TD."""
    power_kw: tuple[Decimal, ...]
    maximeter: bool | None
    since: date | None
    until: date | None
    """The first day on which it holds no more."""
    self_consumption: str
    """Code of table 113 of the CNMC, as 41."""
    cau: str
    coefficients: tuple[Decimal, ...]
    """Parts of 1."""
    installed_kw: Decimal | None

    def held_on(self, today: date) -> date:
        """``today``, or the last day on which it held."""
        return today if self.until is None or self.until > today else self.until - timedelta(days=1)


class RegisteredSupply(NamedTuple):
    """An installation as registered; ``community``: the one it belongs to, ``version``: what that agrees on."""

    installation_id: str
    cups: str
    cau: str
    capacity_kw: float | None
    contracts: Sequence[Contract]
    community: str = ""
    version: Version | None = None


def differences(stated: StatedContract, registered: RegisteredSupply, today: date) -> Iterator[str]:
    """A sentence each; where nothing is registered, with the entry of a catalogue file that registers it."""
    if supply(stated.cups) == supply(registered.cups) and stated.cups != registered.cups:
        yield f"The CUPS is {stated.cups} at the distributor, registered is {registered.cups}."
    yield from _of_contract(stated, registered, stated.held_on(today))
    if stated.until is None or stated.until > today:
        yield from _of_cau(stated, registered)
        yield from _of_coefficient(stated, registered)
        yield from _of_capacity(stated, registered)


def entry(installation_id: str, **fields: str) -> str:
    """One entry of a catalogue file, as a line."""
    said = "".join(f", {name}: {value}" for name, value in fields.items())
    return f"- {{installation_id: {installation_id}{said}}}"


def _of_contract(stated: StatedContract, registered: RegisteredSupply, day: date) -> Iterator[str]:
    held = next((each for each in registered.contracts if each.covers(day)), None)
    if held is None:
        yield from _unregistered(stated, registered.installation_id, day)
        return
    if stated.tariff and stated.tariff != held.access_tariff:
        named = held.access_tariff
        yield f"The access tariff is {stated.tariff} at the distributor, the contract of {day} has {named}."
    elif stated.power_kw and not _same(stated.power_kw, held.power_kw):
        since = f" since {stated.since}" if stated.since else ""
        yield (
            f"The contracted power is {_kw(stated.power_kw)} kW at the distributor{since}, "
            f"the contract of {day} has {_kw(held.power_kw)}."
        )
    if stated.self_consumption and stated.self_consumption != (held.self_consumption or NONE):
        of = f"has {held.self_consumption}" if held.self_consumption else "names none"
        yield f"The self-consumption is of type {stated.self_consumption}, the contract of {day} {of}."
    if held.access_tariff == "2.0TD" and stated.maximeter is not None and stated.maximeter != held.maximeter:
        yield (
            f"Demand is {'measured by a maximeter' if stated.maximeter else 'limited by a switch'}, the contract of "
            f"{day} says otherwise (maximeter: {str(held.maximeter).lower()})."
        )


def _unregistered(stated: StatedContract, installation_id: str, day: date) -> Iterator[str]:
    if stated.tariff not in PERIODS or not stated.power_kw:
        return
    fields = {
        "from": str(stated.since or day), **({"until": str(stated.until)} if stated.until else {}),
        "access_tariff": stated.tariff, "power_kw": f"[{_kw(stated.power_kw, ', ')}]",
    }  # fmt: skip
    if stated.maximeter and stated.tariff == "2.0TD":
        fields["maximeter"] = "true"
    if stated.self_consumption not in ("", NONE):
        fields["self_consumption"] = f'"{stated.self_consumption}"'
    contract = ", ".join(f"{name}: {value}" for name, value in fields.items())
    seller = f" by {stated.marketer}" if stated.marketer else ""
    yield (
        f"No contract is registered for {day}, the distributor has one{seller}. This registers it once "
        f"`territory` and `energy` are added: {entry(installation_id, contracts=f'[{{{contract}}}]')}"
    )


def _of_cau(stated: StatedContract, registered: RegisteredSupply) -> Iterator[str]:
    if not stated.cau:
        return
    try:
        named = cau(stated.cau)
    except WrongNumber as error:
        yield f"The distributor's CAU can't be taken: {error}."
        return
    owner = registered.community if registered.community and stated.self_consumption in ("", *SHARED) else ""
    if not registered.cau:
        of = owner or registered.installation_id
        yield f"No CAU is registered, the distributor's is {named}. This registers it: {entry(of, cau=named)}"
    elif registered.cau != named:
        of = f"that of {owner}" if owner else "the registered one"
        yield f"The CAU is {named} at the distributor, {of} is {registered.cau}."


def _of_coefficient(stated: StatedContract, registered: RegisteredSupply) -> Iterator[str]:
    if not stated.coefficients or not registered.community:
        return
    said = ", ".join(f"{each:f}" for each in stated.coefficients)
    where = f"the agreement of {registered.community}"
    if registered.version is None:
        yield f"The coefficient is {said} at the distributor, {where} is not kept: `solera community agree` keeps it."
    elif registered.version.hourly:
        yield f"The coefficient is {said} at the distributor; {where} has one for each hour, which no number states."
    else:
        beta = registered.version.constant.get(registered.installation_id)
        if beta is None:
            yield f"The coefficient is {said} at the distributor, {where} names no {registered.installation_id}."
        elif any(round(each * ONE) != beta for each in stated.coefficients):
            yield f"The coefficient is {said} at the distributor, in {where} it is {Decimal(beta).scaleb(-6):f}."


def _of_capacity(stated: StatedContract, registered: RegisteredSupply) -> Iterator[str]:
    """A collective's installed capacity is the community's, which is not the member's."""
    is_own = stated.self_consumption not in SHARED and not registered.community
    if not stated.installed_kw or not is_own:
        return
    said = f"The generation installed is {stated.installed_kw:f} kW at the distributor"
    if registered.capacity_kw is None:
        line = entry(registered.installation_id, capacity_kw=f"{stated.installed_kw:f}")
        yield f"{said}, no capacity is registered. This registers it: {line}"
    elif abs(Decimal(str(registered.capacity_kw)) - stated.installed_kw) > NEAR:
        yield f"{said}, registered is {registered.capacity_kw:g} kW."


def _same(stated: Sequence[Decimal], held: Sequence[Decimal]) -> bool:
    """Whether the powers agree; one for all periods may be stated once."""
    each = list(stated) * len(held) if len(stated) == 1 else list(stated)
    return len(each) == len(held) and all(abs(a - b) < NEAR for a, b in zip(each, held, strict=True))


def _kw(powers: Sequence[Decimal], between: str = " · ") -> str:
    return between.join(f"{each.normalize():f}" for each in powers)
