"""Which language a browser is answered in: the one chosen on the page, else the first of its own that we have."""

from __future__ import annotations

from babel.core import negotiate_locale
from flask import has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.words import Words

COOKIE = "solera_language"
LANGUAGES = {words.locale: words for words in (EN, ES)}


def words_for(chosen: str | None, accepted: str) -> Words:
    """Of the cookie ``chosen`` and the header ``Accept-Language``; English where neither names a language we have."""
    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    ranked = list(parse_accept_header(accepted, LanguageAccept).values())
    return LANGUAGES[negotiate_locale(ranked, LANGUAGES, sep="-") or EN.locale]


def of_request() -> Words:
    """For a call of the page; English for Dash itself, which looks at the frame before any call."""
    if not has_request_context():
        return EN
    return words_for(request.cookies.get(COOKIE), request.headers.get("Accept-Language", ""))
