"""The language in which a browser is answered: the one chosen on the page, else the first of its own that we have."""

from __future__ import annotations

from contextlib import suppress

from babel.core import negotiate_locale
from fastapi import Request

from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.words import Words

COOKIE = "solera_language"
LANGUAGES = {words.locale: words for words in (EN, ES)}


def words_for(chosen: str | None, accepted: str) -> Words:
    """The words by the cookie ``chosen`` and the header ``Accept-Language``; English where neither names one."""
    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    return LANGUAGES[negotiate_locale(_ranked(accepted), LANGUAGES, sep="-") or EN.locale]


def of_request(request: Request) -> Words:
    """The language of the browser that asks."""
    return words_for(request.cookies.get(COOKIE), request.headers.get("accept-language", ""))


def _ranked(accepted: str) -> list[str]:
    """The languages of a header (RFC 9110), the most wanted first; what is no language or weight is left out."""
    weights: dict[str, float] = {}
    for each in accepted.split(","):
        name, _, weight = (part.strip() for part in each.partition(";"))
        with suppress(ValueError):
            if name:
                weights[name] = float(weight.removeprefix("q=") or 1)
    return sorted(weights, key=lambda name: -weights[name])
