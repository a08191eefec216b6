"""``solera datadis``: what distributors state of the supplies that are registered, beside what is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timezone
from functools import partial
from typing import Annotated, Any, NamedTuple

import typer

from conf import Settings, load_settings
from energy.calendar import MADRID
from energy.money.community.numbers import supply
from energy.money.official.supply import RegisteredSupply, StatedContract, differences
from ingest.sources.alone import BY_HAND_SECONDS, alone
from ingest.sources.asking import ask_contracts, ask_months
from ingest.sources.datadis.contracts import Answer, answers
from ingest.sources.datadis.maxima import MAXIMA
from ingest.sources.datadis.monthly import Kind
from ingest.sources.datadis.reactive import REACTIVE
from ingest.sources.source import Progress, SourceError
from serving_layer.reader import Reader
from serving_layer.views import catalogue
from serving_layer.views.money import stated_months
from serving_layer.views.money.registered import registered, registered_contracts
from stack.terminal import Form, Format, answering, show

COLUMNS = (
    "installation", "cups", "from", "until", "marketer", "tariff", "power_kw", "control", "self_consumption", "cau",
    "coefficients", "installed_kw", "stated_at", "differences",
)  # fmt: skip
UNSTATED = "Nothing is stated of it: the login may not see this supply."
CONTROL = {True: "maximeter", False: "icp", None: ""}


class OfMonths(NamedTuple):
    """A distributor's statements of whole months, and the table that shows them of one installation."""

    kind: Kind
    columns: tuple[str, ...]
    rows: Callable[[Reader, str], list[dict[str, Any]]]
    title: str
    caption: str


def _powers(reader: Reader, installation: str) -> list[dict[str, Any]]:
    return stated_months.powers(reader, installation, registered_contracts(reader, installation))


POWER = OfMonths(MAXIMA, stated_months.POWER_COLUMNS, _powers, "greatest power of each month, W", "times in UTC")
REACTIVE_ENERGY = OfMonths(
    REACTIVE,
    stated_months.REACTIVE_COLUMNS,
    stated_months.reactive_energy,
    "reactive energy of each month, varh",
    "",
)

datadis = typer.Typer(no_args_is_help=True, help="What distributors state at Datadis, beside what is registered.")


@datadis.callback()
def _datadis() -> None:
    """Statements of distributors at Datadis, beside what is registered."""


@datadis.command()
def contracts(form: Format = Form.table) -> None:
    """Ask for the contracts that may be asked for today; show what is stated of each supply, and how it differs.

    Powers in kW, coefficients as parts of 1. Of what nobody has registered the difference ends in the entry of a
    catalogue file that `solera register` takes. A contract is asked for once a day at most, weekly without a person.

    Example: solera datadis contracts
    """
    settings, now = load_settings(), datetime.now(timezone.utc)
    _asked(settings, now, ask_contracts)
    with answering(settings) as reader:
        today = now.astimezone(MADRID).date()
        rows = list(_rows(answers(settings.home), registered(reader, today), today))
    show(form, COLUMNS, rows, "Contracts as the distributors state them", "`solera register FILE` registers entries")


@datadis.command()
def power(
    installation: Annotated[str, typer.Option(help="As registered, e.g. casa-1; it needs its cups.")],
    form: Format = Form.table,
) -> None:
    """Ask for the greatest power of the months that may be asked for today; show what is stated of INSTALLATION (W).

    Of each local month and period, when the distributor's meter showed it, beside the contracted power. A month is
    asked for once it is over, until it is answered.

    Example: solera datadis power --installation casa-1
    """
    _ask_and_show(POWER, installation, form)


@datadis.command()
def reactive(
    installation: Annotated[str, typer.Option(help="As registered, e.g. taller-1; it needs its cups.")],
    form: Format = Form.table,
) -> None:
    """Ask for the reactive energy of the months that may be asked for today; show that of INSTALLATION (varh).

    Of each local month and period; capacitive energy is below 0. Supplies up to 15 kW are not asked about.

    Example: solera datadis reactive --installation taller-1
    """
    _ask_and_show(REACTIVE_ENERGY, installation, form)


def _ask_and_show(of: OfMonths, installation: str, form: Form) -> None:
    settings, now = load_settings(), datetime.now(timezone.utc)
    _asked(settings, now, partial(ask_months, of.kind))
    with answering(settings) as reader:
        catalogue.installation(reader, installation)
        rows = of.rows(reader, installation)
    show(form, of.columns, rows, f"{installation}: {of.title}", of.caption)


def _asked(settings: Settings, now: datetime, ask: Callable[[Settings, datetime, Progress, bool], None]) -> None:
    """Ask what may be asked; where Datadis gives no answer, that is said, for what was stated before is shown."""
    say = partial(typer.echo, err=True)
    try:
        with alone(settings, BY_HAND_SECONDS):
            ask(settings, now, say, True)
    except SourceError as error:
        say(f"{error} What follows was stated before.")


def _rows(stated: Mapping[str, Answer], supplies: Iterator[RegisteredSupply], today: date) -> Iterator[dict[str, Any]]:
    """A row a contract, and one a supply of which nothing is stated."""
    for each in supplies:
        answer = stated.get(supply(each.cups))
        if answer is None:
            yield {"installation": each.installation_id, "cups": each.cups, "differences": UNSTATED}
            continue
        for contract in answer.contracts:
            named = {"installation": each.installation_id, "stated_at": answer.at}
            yield named | _row(contract) | {"differences": "\n".join(differences(contract, each, today))}


def _row(stated: StatedContract) -> dict[str, Any]:
    return {
        "cups": stated.cups,
        "from": stated.since,
        "until": stated.until,
        "marketer": stated.marketer,
        "tariff": stated.tariff,
        "power_kw": " · ".join(f"{each:f}" for each in stated.power_kw),
        "control": CONTROL[stated.maximeter],
        "self_consumption": stated.self_consumption,
        "cau": stated.cau,
        "coefficients": " · ".join(f"{each:f}" for each in stated.coefficients),
        "installed_kw": stated.installed_kw,
    }
