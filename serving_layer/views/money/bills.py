"""The bill of one supply: its merged energy, its contracts, and the prices known of its hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import ClassVar, NamedTuple, TypeVar

from pydantic import ValidationError

from conf.refusal import Refusal
from conf.tariffs import tariffs
from energy.calendar import day_start
from energy.energy_row import QUARTER, EnergyRow, to_mwh
from energy.money.billing.bill import Bill, bill
from energy.money.billing.days import Calendar, NotOneBill, calendar
from energy.money.community.settled import why_not_shared
from energy.money.community.sharing import Shared, as_windows
from energy.money.contract import CONTRACTS, Contract, NoContract, SurplusPrice
from energy.money.dated import NoRule
from energy.money.market import PVPC, SPOT, SURPLUS, Market, NoPrice, Quote, of_windows
from energy.money.netting import Flow, Flows, Metered, Net, is_measured, net
from energy.money.pvpc import ZONE_PREFIX
from energy.money.saving import without_sharing
from energy.money.tariff import Tariffs
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import merged, prices
from serving_layer.views.merge import Value
from serving_layer.views.money.stated_months import metered as metered_days
from store.runs import Published

LONGEST = timedelta(days=400)
T = TypeVar("T")
QUANTITIES = ("import", "export", "consumption")
_CONTRACTS = "SELECT contracts FROM installation WHERE installation_id = ?"


class NotBilled(Refusal):
    """A bill that can't be made; the text says what is missing, and what to do."""

    kind: ClassVar[str] = "not-billed"
    status = 422


class Billed(NamedTuple):
    """A bill, the windows it rests on, and what the same use would have cost without generation or sharing."""

    bill: Bill
    of: Calendar
    windows: Sequence[Net]
    without: Bill | None
    """The bill; None where the use of a window is not known."""

    @property
    def self_consumed(self) -> int | None:
        """Energy that was used and did not come from the grid, mWh."""
        known = [window for window in self.windows if window.is_known]
        if self.without is None:
            return None
        return sum((window.use or 0) - window.grid for window in known)


def contracts(reader: Reader, installation_id: str) -> list[Contract]:
    """The registered contracts. Raises :class:`NotBilled` where there is none."""
    (row,) = reader.rows(_CONTRACTS, installation_id)
    try:
        found = CONTRACTS.validate_json(row.contracts or "[]")
    except ValidationError as error:
        raise NotBilled(f"The contracts of {installation_id} are of another version: register them again.") from error
    if not found:
        raise NotBilled(
            f"{installation_id} has no contract: give its entry `contracts` and run `solera register` (docs/money.md)."
        )
    return found


def billed(reader: Reader, installation_id: str, first: date, until: date, due: date | None = None) -> Billed:
    """The bill of the local days from ``first`` to before ``until``. Raises :class:`NotBilled`."""
    of = metered_days(reader, installation_id, days_of(reader, installation_id, first, until))
    windows = net(of.windows(), of.window, _metered(reader, installation_id, span_of(of)))
    return windows_billed(reader, of, windows, due)


def days_of(reader: Reader, installation_id: str, first: date, until: date) -> Calendar:
    """The days with the contracts of the installation. Raises :class:`NotBilled`."""
    if until - first > LONGEST:
        raise NotBilled(f"A bill is of {LONGEST.days} days at most; ask for fewer.")
    known = contracts(reader, installation_id)
    return refused(lambda: calendar(tariffs(), known, first, until))


def span_of(of: Calendar) -> Span:
    """The instants of the days."""
    return Span(day_start(of.first, of.zone), day_start(of.until, of.zone))


def share_windows(of: Calendar, zone: tzinfo, shared: Mapping[datetime, Shared]) -> list[Net]:
    """A member's hours, shared by the clock of ``zone``, as its contract bills them. Raises :class:`NotBilled`."""
    if why := why_not_shared(of, zone):
        raise NotBilled(f"{why}.")
    return as_windows(of.windows(), shared)


def windows_billed(reader: Reader, of: Calendar, windows: Sequence[Net], due: date | None = None) -> Billed:
    """The bill of ``windows`` that are known already. Raises :class:`NotBilled`."""
    market = market_of(reader, of)
    return refused(lambda: _billed(tariffs(), of, windows, market, due))


def _billed(rules: Tariffs, of: Calendar, windows: Sequence[Net], market: Market, due: date | None) -> Billed:
    made = bill(rules, of, windows, market, due)
    plain = without_sharing(of, windows)
    return Billed(made, of, windows, None if plain is None else bill(rules, *plain, market, due))


def refused(make: Callable[[], T]) -> T:
    """The result of ``make``. Raises :class:`NotBilled` where the arithmetic lacks a rule, a price or a contract."""
    try:
        return make()
    except NoPrice as error:
        raise NotBilled(f"{error}: bring it with `solera backfill`, and ask again.") from error
    except NoRule as error:
        raise NotBilled(f"{error}. `solera tariffs check` shows what is covered.") from error
    except NoContract as error:
        raise NotBilled(f"{error}: register one that does, or ask for other days.") from error
    except NotOneBill as error:
        raise NotBilled(f"{error}.") from error


def _metered(reader: Reader, installation_id: str, span: Span) -> Metered:
    seen = merged.seen(reader)
    imports, exports, uses = (
        flows(merged.read(reader, installation_id, quantity, span, seen)) for quantity in QUANTITIES
    )
    return Metered(imports, exports, uses)


def flows(values: Sequence[Value]) -> Flows:
    """Quarter-hours that evidence covers, by start."""
    return {value.start: flow(value) for value in values if value.completeness != 0.0}


def flow(of: Value | EnergyRow) -> Flow:
    """The flow of a quarter-hour."""
    return Flow(to_mwh(of.energy_wh), is_measured(of.completeness, of.method, of.cause), of.method != "spread")


def market_of(reader: Reader, of: Calendar, visible: Published | None = None) -> Market:
    """The prices that the contracts of the days ask for; with ``visible`` forecast ones, too, where none is known."""
    span = span_of(of)
    kinds = {day.contract.energy.kind for day in of.days}
    asked = {PVPC: ZONE_PREFIX + of.contract.territory} if "pvpc" in kinds else {}
    if "indexed" in kinds:
        asked[SPOT] = prices.ZONES[SPOT]
    if any(isinstance(day.contract.compensation, SurplusPrice) for day in of.days):
        asked[SURPLUS] = prices.ZONES[SURPLUS]
    # An hour before: Canarias may be billed by the peninsula's clock.
    around = Span(span.start - 4 * QUARTER, span.end)
    found = {name: of_windows(_quotes(reader, name, zone, around, visible), of.window) for name, zone in asked.items()}
    return Market(found)


def _quotes(reader: Reader, market: str, zone: str, span: Span, visible: Published | None) -> list[Quote]:
    return [Quote(p["start"], p["end"], p["price_eur_mwh"]) for p in prices.read(reader, market, zone, span, visible)]
