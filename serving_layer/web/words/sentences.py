"""Sentences that other modules write in English, and that are kept so, said in the language of who reads a page.

A sentence is known by its English text, in which braces name what is filled in: whoever raises a refusal, refuses a
message or reports on a server needs to know of no language, and what was kept years ago is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal

from serving_layer.web.words.sentences_es import SENTENCES

LONGEST = 2_000
"""Characters of a sentence that is looked for."""
SAID, FAULT, NAME, DAY, AMOUNT = "said", "fault", "name", "day", "amount"
"""Parts that are filled in, by the first word of their name: a sentence of the book, one that may be of it, a name that
stands in it by itself, an ISO date, a number with its decimals. Anything else stays as it is."""
_FORMS = {
    DAY: r"\d{4}-\d{2}-\d{2}",
    AMOUNT: r"-?\d[\d.e+]*",
    "number": r"\d(?:[\d.,]*\d)?",
    "age": r"\d+ \w+",
    "source": r"[^\s;,]+",
    "field": r"[\w.]+",
}
_ANY = ".+?"
_HOLE = re.compile(r"{(\w+)}")


class Book:
    """The sentences of one language, by those of English."""

    def __init__(self, locale: str, sentences: Mapping[str, str]) -> None:
        self._locale = locale
        self._plain = {english: said for english, said in sentences.items() if not _HOLE.search(english)}
        # Of two that fit, the one that says more by itself.
        longest_first = sorted(sentences, key=lambda english: -len(_HOLE.sub("", english)))
        self._patterns = [(_pattern(english), sentences[english]) for english in longest_first]
        self.said = lru_cache(1_000)(self._said)

    def _said(self, text: str) -> str | None:
        """``text`` in this language; None where no sentence of the book says it."""
        if text in self._plain:
            return self._plain[text]
        if len(text) > LONGEST:
            return None
        for pattern, sentence in self._patterns:
            found = pattern.fullmatch(text)
            if found and (filled := self._filled(found.groupdict())) is not None:
                return sentence.format(**filled)
        return None

    def _filled(self, found: Mapping[str, str]) -> dict[str, str] | None:
        filled: dict[str, str] = {}
        for name, value in found.items():
            said = self._written(_kind(name), value)
            if said is None:
                return None
            filled[name] = said
        return filled

    def _written(self, name: str, value: str) -> str | None:
        if name in (SAID, FAULT):
            return self._said(value) or (value if name == FAULT else None)
        if name == NAME:
            return self._plain.get(value, value)
        with suppress(ValueError, ArithmeticError):
            if name == DAY:
                return str(format_date(date.fromisoformat(value), "long", locale=self._locale))
            if name == AMOUNT:
                return str(format_decimal(value, locale=self._locale))
        return value


def _pattern(english: str) -> re.Pattern[str]:
    parts = _HOLE.split(english)
    made = (
        f"(?P<{each}>{_FORMS.get(_kind(each), _ANY)})" if n % 2 else re.escape(each) for n, each in enumerate(parts)
    )
    return re.compile("".join(made), re.DOTALL)


def _kind(name: str) -> str:
    return name.partition("_")[0]


BOOKS = {"es": Book("es", SENTENCES)}


def said(text: str, locale: str) -> str | None:
    """``text``, which is English, in another language; None where it is not known."""
    return BOOKS[locale].said(text) if locale in BOOKS else text
