"""An issuer is asked within bounds of time and size, and what it says is kept for a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Generic, TypeVar

import requests

from conf.refusal import Refusal

TIMEOUT_SECONDS = 5.0
LARGEST_BYTES = 262_144
KEPT_SECONDS = 3600.0
"""Seconds for which it is believed what an issuer says of itself, and which keys it has."""
RESTS_SECONDS = 15.0
"""An issuer that did not answer, or whose keys were just fetched, is not asked again sooner."""
T = TypeVar("T")


class IssuerAway(Refusal):
    """The issuer does not answer, or not as OpenID Connect asks; the text says how, for the log."""

    kind = "issuer-away"
    status = 503


class Kept(Generic[T]):
    """The answer of ``load``, kept for a time; where it fails it is not asked again at once."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load, self._lock = load, Lock()
        self._value: T | None = None
        self._at, self._failed = float("-inf"), float("-inf")
        self._fault = ""

    def get(self, at_most_seconds: float = KEPT_SECONDS) -> T:
        """The value, at most so old. Raises :class:`IssuerAway`."""
        with self._lock:
            now = time.monotonic()
            if self._value is not None and now - self._at <= max(at_most_seconds, RESTS_SECONDS):
                return self._value
            if now - self._failed < RESTS_SECONDS:
                raise IssuerAway(self._fault)
            try:
                value = self._load()
            except IssuerAway as error:
                self._failed, self._fault = time.monotonic(), str(error)
                raise
            self._value, self._at = value, time.monotonic()
            return value


def answer(
    method: str, url: str, form: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON of an answer that is neither late nor large. Raises :class:`IssuerAway`."""
    until = time.monotonic() + TIMEOUT_SECONDS
    text = b""
    try:
        with requests.request(
            method, url, data=form, auth=auth, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as given:
            for part in given.iter_content(16_384):
                text += part
                if len(text) > LARGEST_BYTES or time.monotonic() > until:
                    raise IssuerAway(f"the answer of {url} is too long")
        said = json.loads(text)
    except requests.RequestException as error:
        raise IssuerAway(f"{url} does not answer: {type(error).__name__}") from None
    except (ValueError, RecursionError):
        said = {}
    return given.status_code, said if isinstance(said, dict) else {}
