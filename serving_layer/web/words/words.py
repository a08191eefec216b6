"""The phrases of a language and how it writes numbers and times; amounts of power and energy as people read them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_decimal

from serving_layer.web.words import sentences

NOTHING = "–"
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z")
"""RFC 3339 in UTC, as sentences for programs and people have it."""


@dataclass(frozen=True)
class Words:
    """Every phrase of the pages; braces name what is filled in."""

    locale: str
    """ISO 639-1, as the page's ``lang`` and Babel take it."""
    name: str
    """The language's own name."""
    moment_pattern: str
    """Day and time, a pattern of Unicode TR 35."""
    day_pattern: str
    units_of_time: tuple[str, str, str, str]

    installation: str
    other_language: str
    loading: str
    curve_of: str

    live: str
    silent: str
    stale: str
    unread: str
    lost: str
    lost_since: str

    producing: str
    charge: str
    produced_today: str
    of_capacity: str
    no_power: str
    own_share: str

    energy_of: str
    energies: Mapping[str, str]
    tags: Mapping[str, str]

    no_reading: str
    ago: str

    unpublished: str
    published_to: str
    times_of: str
    none_registered: str

    now: str
    published: str
    provisional: str
    forecast: str
    band: str
    known: str

    prices: str
    market_of: str
    markets: Mapping[str, str]
    price_now: str
    cheapest: str
    as_forecast: str
    no_price_forecast: str
    price_record: str
    price_naive: str

    token: str
    log_in: str
    token_place: str
    name_asked: str
    password: str
    by_token: str
    not_let_in: str
    too_often: str

    pages: Mapping[str, str]
    methods: Mapping[str, str]
    causes: Mapping[str, str]
    alarms: Mapping[str, str]
    """The name of each kind of alarm."""
    alarm_sentences: Mapping[str, str]
    steps: Mapping[str, str]
    states: Mapping[str, str]
    """States of devices, as those say them that have a code for it."""
    topics: Mapping[str, str]
    layers: Mapping[str, str]
    services: Mapping[str, str]
    """Names of what ``/healthz`` looks at."""

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """``value`` with so many decimals, thousands apart."""
        return format_decimal(value, format=f"#,##0.{'0' * decimals}".rstrip("."), locale=self.locale)

    def sentence(self, text: str) -> str:
        """The sentence of another module, in English there; as it stands where this language has no words for it."""
        return sentences.said(text, self.locale) or text

    def sentence_at(self, text: str, zone: ZoneInfo) -> str:
        """The same, its instants by the clock of ``zone``."""
        return INSTANT.sub(
            lambda its: self.moment(datetime.fromisoformat(its[1] + "+00:00"), zone), self.sentence(text)
        )

    def cause(self, causes: str) -> str:
        """The reasons why a value is in doubt: causes, comma-separated, as rows of energy and gaps have them."""
        return ", ".join(self.causes.get(each, each) for each in causes.split(","))

    def clock_of(self, zone: ZoneInfo) -> str:
        """The place of a zone's clock, as people call it: Madrid."""
        known = "/" in zone.key and not zone.key.startswith("Etc/")
        return str(get_timezone_location(zone, locale=self.locale, return_city=True)) if known else zone.key

    def signed(self, value: float) -> str:
        """A whole number with its sign: +12, −3."""
        return format_decimal(round(value), format="+#,##0;-#,##0", locale=self.locale)

    def power(self, watts: float | None) -> tuple[str, str]:
        """Value and unit: W below one kilowatt, else kW."""
        if watts is None:
            return NOTHING, ""
        return (self.number(watts), "W") if abs(watts) < 1000 else (self.number(watts / 1000, 2), "kW")

    def energy(self, watt_hours: float | None) -> tuple[str, str]:
        """Value and unit: Wh below one kilowatt-hour, kWh, MWh from one thousand on."""
        if watt_hours is None:
            return NOTHING, ""
        if abs(watt_hours) < 1000:
            return self.number(watt_hours), "Wh"
        if abs(watt_hours) < 1e6:
            return self.number(watt_hours / 1e3, 1), "kWh"
        return self.number(watt_hours / 1e6, 2), "MWh"

    def age(self, seconds: float | None) -> str:
        """The age, roughly: 4 s, 12 min, 3 h, 2 days."""
        if seconds is None:
            return self.no_reading
        seconds = max(0.0, seconds)
        place = bisect_right((120, 7200, 172_800), seconds)
        length = (1, 60, 3600, 86_400)[place]
        return f"{self.number(seconds / length)} {self.units_of_time[place]}"

    def moment(self, instant: datetime, zone: ZoneInfo) -> str:
        """Day and time where the installation is: Sat 21 Nov, 00:00."""
        return format_datetime(instant.astimezone(zone), self.moment_pattern, locale=self.locale)

    def day(self, local: datetime) -> str:
        """The day of a local time: Sat 21."""
        return format_datetime(local, self.day_pattern, locale=self.locale)

    def written(self, local: datetime, pattern: str) -> str:
        """A local time by a pattern of Unicode TR 35."""
        return format_datetime(local, pattern, locale=self.locale)

    def dated(self, day: date, pattern: str) -> str:
        """A day by a pattern of Unicode TR 35."""
        return format_date(day, pattern, locale=self.locale)

    def per_kwh(self, eur_mwh: float) -> str:
        """A price as people pay it."""
        return f"{self.number(eur_mwh / 1000, 3)} €/kWh"

    def cents(self, eur_mwh: float) -> str:
        """A difference of prices."""
        return f"{self.number(eur_mwh / 10, 2)} c€/kWh"
