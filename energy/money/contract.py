"""Supply contracts: what a retailer and a customer agreed on, from a day to a day.

Prices are EUR/kWh, power prices EUR/kW and year, both with at most six decimals and before taxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from energy.money.conventions import Conventions, Part
from energy.money.modalities import COMPENSATED, MODALITIES

Price = Annotated[Decimal, Field(ge=0, le=100, decimal_places=6)]
PowerPrice = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=6)]
Power = Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=3)]
Tolls = Literal["included", "apart"]
Territory = Literal["peninsula", "baleares", "canarias", "ceuta", "melilla"]
PERIODS = {"2.0TD": (2, 3), "3.0TD": (6, 6), "6.1TD": (6, 6)}
"""The number of periods of power and of energy in an access tariff."""
LARGEST_2_0TD_KW, LARGEST_PVPC_KW = 15, 10


class Pvpc(Part):
    """The regulated price of each hour, which holds tolls and charges already."""

    kind: Literal["pvpc"]


class Indexed(Part):
    """The day-ahead price of each hour, with the losses of its period where it says so, and a markup."""

    kind: Literal["indexed"]
    markup_eur_kwh: list[Price]
    losses: bool = False
    tolls: Tolls = "apart"


class Fixed(Part):
    """A price a period."""

    kind: Literal["fixed"]
    prices_eur_kwh: list[Price]
    tolls: Tolls = "included"


class Flat(Part):
    """One price at all hours."""

    kind: Literal["flat"]
    price_eur_kwh: Price
    tolls: Tolls = "included"


class NoCompensation(Part):
    """Surplus earns nothing here."""

    kind: Literal["none"] = "none"


class Agreed(Part):
    """Surplus at a price agreed on: Real Decreto 244/2019, art. 14.3.i."""

    kind: Literal["agreed"]
    price_eur_kwh: Price


class SurplusPrice(Part):
    """Surplus at the hour's price of market ``surplus`` (ESIOS 1739): Real Decreto 244/2019, art. 14.3.ii."""

    kind: Literal["surplus"]


Energy = Annotated[Pvpc | Indexed | Fixed | Flat, Field(discriminator="kind")]
Compensation = Annotated[NoCompensation | Agreed | SurplusPrice, Field(discriminator="kind")]


class SocialBonus(Part):
    """The discount of a vulnerable home; ``limit_kwh`` of its energy a year count, as its bills state."""

    kind: Literal["vulnerable", "severe"]
    limit_kwh: Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=3)]


class Contract(Part):
    """The terms from ``since`` (``from``) to before ``until``, local days; without an ``until`` from then on."""

    since: date = Field(alias="from")
    until: date | None = None
    access_tariff: Literal["2.0TD", "3.0TD", "6.1TD"]
    territory: Territory
    power_kw: list[Power]
    """Contracted power by power period; 2.0TD has two (punta, valle)."""
    power_prices_eur_kw_year: list[PowerPrice] | None = None
    """None: tolls and charges, and under the PVPC its margin."""
    maximeter: bool = False
    """2.0TD: whether a maximeter measures demand, in place of a switch that limits it; other tariffs have one."""
    energy: Energy
    compensation: Compensation = NoCompensation()
    virtual_battery: bool = False
    """Whether surplus beyond the cap is credited in euros for later bills: the retailer's product, shown apart."""
    self_consumption: Annotated[str, Field(pattern=r"^\d\d$")] | None = None
    """A code of :data:`energy.money.modalities.MODALITIES`, as 41."""
    meter: Literal["single_phase", "three_phase", "own"] = "single_phase"
    """The meter whose rent is billed; ``own`` has none."""
    social_bonus_funding: bool | None = None
    """Whether the funding is billed; None: under the PVPC alone."""
    social_bonus: SocialBonus | None = None
    use: Literal["home", "business", "industry"] = "home"
    conventions: Conventions = Conventions()

    @property
    def bills_funding(self) -> bool:
        """Whether the funding of the social bonus is a line of its own."""
        return self.energy.kind == "pvpc" if self.social_bonus_funding is None else self.social_bonus_funding

    @property
    def bills_excess(self) -> bool:
        """Whether power above the contracted one is billed."""
        return self.maximeter or self.access_tariff != "2.0TD"

    def covers(self, day: date) -> bool:
        """Whether it holds on the local ``day``."""
        return self.since <= day and (self.until is None or day < self.until)

    @model_validator(mode="after")
    def _possible(self) -> Contract:
        for wrong in (self._counts(), self._powers(), self._surplus()):
            if wrong:
                raise ValueError(wrong)
        return self

    def _counts(self) -> str | None:
        of_power, of_energy = PERIODS[self.access_tariff]
        if self.until is not None and self.until <= self.since:
            return f"until: {self.until} does not come after {self.since}"
        for name, values in (("power_kw", self.power_kw), ("power_prices_eur_kw_year", self.power_prices_eur_kw_year)):
            if values is not None and len(values) != of_power:
                return f"{name}: {self.access_tariff} has {of_power} periods of power, not {len(values)}"
        if isinstance(self.energy, Fixed) and len(self.energy.prices_eur_kwh) != of_energy:
            return f"prices_eur_kwh: {self.access_tariff} has {of_energy} periods of energy"
        if isinstance(self.energy, Indexed) and len(self.energy.markup_eur_kwh) not in (1, of_energy):
            return f"markup_eur_kwh: write one value, or {of_energy}"
        return None

    def _powers(self) -> str | None:
        if self.access_tariff == "2.0TD" and max(self.power_kw) > LARGEST_2_0TD_KW:
            return f"power_kw: 2.0TD ends at {LARGEST_2_0TD_KW} kW"
        if self.access_tariff == "3.0TD" and max(self.power_kw) <= LARGEST_2_0TD_KW:
            return f"power_kw: 3.0TD has a power above {LARGEST_2_0TD_KW} kW"
        if self.access_tariff != "2.0TD" and any(later < earlier for earlier, later in pairwise(self.power_kw)):
            return "power_kw: from P1 to P6 no power is less than the one before"
        if self.energy.kind == "pvpc" and (self.access_tariff != "2.0TD" or max(self.power_kw) > LARGEST_PVPC_KW):
            return f"energy: the PVPC is for 2.0TD up to {LARGEST_PVPC_KW} kW"
        if self.social_bonus is not None and self.energy.kind != "pvpc":
            return "social_bonus: it is for homes under the PVPC"
        return None

    def _surplus(self) -> str | None:
        kind = self.compensation.kind
        code = self.self_consumption
        if code is not None and code not in MODALITIES:
            return f"self_consumption: {code} is no modality; there is {', '.join(MODALITIES)}"
        if kind != "none" and code is not None and code not in COMPENSATED:
            named = f"self-consumption {code} ({MODALITIES[code].name})"
            return f"compensation: {named} has none, {', '.join(COMPENSATED)} have"
        if kind == "agreed" and self.energy.kind == "pvpc":
            return "compensation: under the PVPC it is the surplus price (kind: surplus)"
        if self.virtual_battery and (kind == "none" or self.energy.kind == "pvpc"):
            return "virtual_battery: it takes compensated surplus of a free market contract"
        return None


class NoContract(LookupError):
    """A day on which no contract holds."""


CONTRACTS: TypeAdapter[list[Contract]] = TypeAdapter(list[Contract])


def overlap(contracts: Sequence[Contract]) -> str | None:
    """The first day on which two of ``contracts`` hold, as a sentence; None where there is none."""
    ordered = sorted(contracts, key=lambda contract: contract.since)
    for earlier, later in pairwise(ordered):
        if earlier.until is None or earlier.until > later.since:
            return f"the contracts from {earlier.since} and from {later.since} both hold on {later.since}"
    return None


def contract_of(contracts: Sequence[Contract], day: date) -> Contract:
    """The one that holds on ``day``. Raises :class:`NoContract`."""
    for contract in contracts:
        if contract.covers(day):
            return contract
    raise NoContract(f"no contract holds on {day}")
