"""Questions to the sources without a person: AEMET's forecasts and observations, prices that are out, Datadis.

The night asks before its first step, and by day ``stack.source_watch`` when ``timetable.py`` says so. Weather is asked
for where there is a key, Datadis where there is a login, prices for installations in Spain, and those of a source that
a backfill has begun with. A source that fails is said and ends nothing: the night rests on what there is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from functools import partial

from conf import Settings
from conf.refusal import Refusal
from energy.calendar import MADRID, day_start
from ingest.sources import prices
from ingest.sources.aemet.client import AemetError
from ingest.sources.aemet.weather import Forecasts, LatestObservations, NoMunicipality
from ingest.sources.alone import BY_ITSELF_SECONDS, SourcesAsked, alone
from ingest.sources.backfill import ask
from ingest.sources.budget import ONCE, Budget
from ingest.sources.datadis.consumption import Consumption
from ingest.sources.datadis.contracts import Contracts
from ingest.sources.datadis.maxima import MAXIMA
from ingest.sources.datadis.monthly import Kind, Monthly
from ingest.sources.datadis.reactive import REACTIVE
from ingest.sources.prices import DAILY, PriceSource
from ingest.sources.source import Failures, Progress
from ingest.sources.timetable import is_out
from store.history.attempts import attempts_path

log = logging.getLogger("sources")
KEY = "AEMET_API_KEY"
NIF = "DATADIS_USERNAME"
HISTORY_DAYS = 731
"""Days for which Datadis is asked for months: it keeps no more."""
OBSERVED_DAYS = 10
"""Days before today whose values by station are asked for: AEMET states them some days late."""
BACK_DAYS, BEGUN_DAYS = 7, 40
"""Days before today whose prices are asked for, where they are missing: of a source that is new, of one begun with."""


def ask_sources(settings: Settings, now: datetime, say: Progress) -> None:
    """Ask each source for what is due and publish what it answers; ``say`` takes a sentence on each. Raises nothing."""
    try:
        with alone(settings, BY_ITSELF_SECONDS):
            _ask_each(settings, now, say)
    except SourcesAsked as error:
        say(f"{error} The night rests on the newest there is.")


def _ask_each(settings: Settings, now: datetime, say: Progress) -> None:
    if os.environ.get(KEY):
        _guarded("weather", partial(ask_aemet, settings, now, say), say)
    for name, source in DAILY.items():
        if source.out is not None and (not source.key or os.environ.get(source.key)):
            _guarded(f"prices of {name}", partial(ask_prices, settings, name, now, say), say)
    if os.environ.get(NIF):
        _guarded("Datadis", partial(ask_datadis, settings, now, say), say)


def ask_aemet(settings: Settings, now: datetime, say: Progress) -> None:
    """Publish forecasts, then observations, where somebody's weather is wanted. Raises as the two do."""
    try:
        ask_weather(settings, now, say)
    except NoMunicipality:
        return
    ask_observations(settings, now, say)


def ask_weather(settings: Settings, now: datetime, say: Progress, progress: Progress = log.info) -> None:
    """Publish the forecasts of every municipality wanted that has not answered since midnight (UTC).

    ``say`` takes the outcome, ``progress`` each answer. Raises :class:`AemetError` where there is none.
    """
    budget = Budget(attempts_path(settings.home, "aemet"), ONCE)
    failures = Failures(budget, now)
    source = Forecasts(settings, partial(_is_due_today, budget, now))
    count = ask(settings, source, (now.date(), now.date()), progress, failures)
    if failures.asked and not count:
        raise AemetError("AEMET gave no forecast; it is asked again")
    _say_outcome(f"weather: {count:,} records from AEMET", failures, say)


def ask_observations(settings: Settings, now: datetime, say: Progress) -> None:
    """Publish what AEMET's stations have observed, once a day (UTC). Raises :class:`AemetError` where AEMET is away."""
    budget = Budget(attempts_path(settings.home, "aemet"), ONCE)
    failures, today = Failures(budget, now), now.astimezone(timezone.utc).date()
    source = LatestObservations(settings, partial(_is_due_today, budget, now))
    count = ask(settings, source, (today - timedelta(days=OBSERVED_DAYS), today), log.info, failures)
    _say_outcome(f"observations: {count:,} records from AEMET", failures, say)


def _is_due_today(budget: Budget, now: datetime, name: str) -> bool:
    """Whether the question was not asked since midnight (UTC), or in vain and may be again."""
    last = budget.last(name)
    midnight = day_start(now.astimezone(timezone.utc).date(), timezone.utc)
    return last is None or last.at < midnight or (last.in_vain > 0 and budget.is_due(name, now))


def ask_contracts(settings: Settings, now: datetime, say: Progress, is_by_hand: bool = False) -> None:
    """Keep the contracts that the distributors state, within the budget. Raises as :class:`Contracts` does."""
    failures = Failures()
    answers = failures.answers(Contracts(settings, now, is_by_hand=is_by_hand).missing(), log.info)
    count = sum(len(rows) for _, rows in answers)
    _say_outcome(f"contracts of Datadis: {count:,}; `solera datadis contracts` compares them", failures, say)


def ask_months(kind: Kind, settings: Settings, now: datetime, say: Progress, is_by_hand: bool = False) -> None:
    """Write what the distributors state of past months, within the budget. Raises as :class:`Monthly` does."""
    failures = Failures()
    answers = failures.answers(Monthly(kind, settings, now, is_by_hand).missing(), log.info)
    count = sum(len(rows) for _, rows in answers)
    _say_outcome(f"{kind.name} of Datadis: {count:,} records", failures, say)


def ask_datadis(settings: Settings, now: datetime, say: Progress) -> None:
    """Publish what the distributors have of months that are not whole, keep contracts and powers, within the budget."""
    failures = Failures()
    span = (now.date() - timedelta(days=HISTORY_DAYS), now.date() + timedelta(days=1))
    count = ask(settings, Consumption(settings, clock=lambda: now), span, log.info, failures)
    _say_outcome(f"hours of Datadis: {count:,} records", failures, say)
    ask_contracts(settings, now, say)
    for kind in (MAXIMA, REACTIVE):
        ask_months(kind, settings, now, say)


def ask_prices(settings: Settings, name: str, now: datetime, say: Progress) -> None:
    """Publish the days up to tomorrow that are out and that the platform lacks, the newest first."""
    source, today = DAILY[name], now.astimezone(MADRID).date()
    first = prices.begun_with(settings, name, today - timedelta(days=BEGUN_DAYS), today + timedelta(days=2))
    if first is None:
        if not prices.is_in_spain(settings):
            return
        first = today - timedelta(days=BACK_DAYS)
    budget = Budget(attempts_path(settings.home, name), ONCE)

    def is_due(day: date) -> bool:
        return source.out is not None and is_out(day, source.out, now) and budget.is_due(f"{day}", now)

    failures = Failures(budget, now)
    span = (first, today + timedelta(days=2))
    count = ask(settings, PriceSource(settings, name, is_due), span, log.info, failures)
    _say_outcome(f"prices of {name}: {count:,} records", failures, say)


def _say_outcome(text: str, failures: Failures, say: Progress) -> None:
    """Say it, with what was not answered, unless nothing was asked."""
    if failures.asked:
        number = len(failures.names)
        say(f"{text}; {number} questions not answered, {failures.names[0]} first" if number else text)


def _guarded(name: str, asking: Callable[[], None], say: Progress) -> None:
    try:
        asking()
    except Refusal as error:
        say(f"{name}: {error}. The night rests on the newest there is.")
    except Exception as error:
        log.exception("%s", name)
        say(f"{name}: not asked ({type(error).__name__}: {error}). The night rests on the newest there is.")
