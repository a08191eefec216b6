"""The night's questions to the sources: AEMET's forecasts as issued now, Datadis' hours, and the latest days of prices.

Weather is asked for where there is a key, Datadis where there is a login; prices of a source that a backfill has begun
with, so that they are kept up. A source that fails is said and ends nothing: the night rests on what there is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from conf import Settings
from conf.refusal import Refusal
from ingest.sources.aemet.client import AemetError
from ingest.sources.aemet.weather import Forecasts, NoMunicipality
from ingest.sources.backfill import ask
from ingest.sources.datadis.consumption import Consumption
from ingest.sources.prices import DAILY, PriceSource, holds_any
from ingest.sources.source import Failures, Progress

log = logging.getLogger("sources")
KEY = "AEMET_API_KEY"
NIF = "DATADIS_USERNAME"
HISTORY_DAYS = 365
"""How far back the night asks Datadis for months that are not whole."""
BACK_DAYS, BEGUN_DAYS = 7, 40
"""Days before today that are asked for where they are missing; days in which a source counts as begun with."""


def ask_sources(settings: Settings, today: date, say: Progress) -> None:
    """Ask each source that is wanted and publish what it answers; ``say`` takes a sentence on each. Raises nothing."""
    if os.environ.get(KEY):
        _guarded("weather", partial(ask_weather, settings, today, say), say)
    if os.environ.get(NIF):
        _guarded("hours of Datadis", partial(ask_datadis, settings, today, say), say)
    for name, source in DAILY.items():
        if source.is_nightly and (not source.key or os.environ.get(source.key)):
            _guarded(f"prices of {name}", partial(ask_prices, settings, name, today, say), say)


def ask_weather(settings: Settings, today: date, say: Progress, progress: Progress = log.info) -> None:
    """Publish the forecasts of every municipality wanted; ``say`` takes the outcome, ``progress`` each answer.

    Raises :class:`AemetError` where there is none.
    """
    failures = Failures()
    try:
        count = ask(settings, Forecasts(settings), (today, today), progress, failures)
    except NoMunicipality:
        return
    if not count:
        raise AemetError("AEMET gave no forecast; ask again later: solera backfill aemet")
    left = f"; {len(failures.names)} questions failed, {failures.names[0]} first" if failures.names else ""
    say(f"weather: {count:,} records from AEMET{left}")


def ask_datadis(settings: Settings, today: date, say: Progress) -> None:
    """Publish what the distributors have of the months that are not whole, the newest first, within the budget."""
    failures = Failures()
    span = (today - timedelta(days=HISTORY_DAYS), today)
    count = ask(settings, Consumption(settings), span, log.info, failures)
    left = f"; not answered for {len(failures.names)} months, {failures.names[0]} first" if failures.names else ""
    say(f"hours of Datadis: {count:,} records{left}")


def ask_prices(settings: Settings, name: str, today: date, say: Progress) -> None:
    """Publish the days from a week ago to tomorrow that the platform lacks, where it holds any of the last weeks."""
    if not holds_any(settings, name, today - timedelta(days=BEGUN_DAYS), today + timedelta(days=1)):
        return
    failures = Failures()
    span = (today - timedelta(days=BACK_DAYS), today + timedelta(days=2))
    count = ask(settings, PriceSource(settings, name), span, log.info, failures)
    left = f"; not answered for {', '.join(failures.names)}" if failures.names else ""
    say(f"prices of {name}: {count:,} records{left}")


def _guarded(name: str, asking: Callable[[], None], say: Progress) -> None:
    try:
        asking()
    except Refusal as error:
        say(f"{name}: {error}. The night rests on the newest there is.")
    except Exception as error:
        log.exception("%s", name)
        say(f"{name}: not asked ({type(error).__name__}: {error}). The night rests on the newest there is.")
