"""AEMET OpenData: the two-step client, with its quota, its errors inside good answers and its waits.

The key comes from ``AEMET_API_KEY``. Every answer is handed back as issued, beside the parsed form, so that it
can be kept. What the answers mean is in ``aemet_forms``.
"""

from __future__ import annotations

import codecs
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from ingest.sources import web
from ingest.sources.source import SourceAway, SourceError

BASE = "https://opendata.aemet.es/opendata/api"
TIMEOUT_S = 30
TRIES = 5
FALLBACK_ENCODING = "iso-8859-15"
QUOTA_WAIT_S = 61.0
"""AEMET counts by the minute; after a 429 the next one must have begun."""
PATIENCE = 3
"""Questions in a row without an answer after which AEMET is away."""


class AemetError(SourceError):
    """AEMET gave no data; the text is AEMET's own word and what to do."""


class NoDataError(AemetError):
    """AEMET has nothing for what was asked (its 404, also inside an HTTP 200)."""


class KeyRefusedError(AemetError, SourceAway):
    """The key is missing or refused."""


class AwayError(AemetError, SourceAway):
    """AEMET has not answered several questions in a row; the remaining ones are not worth the waits."""


@dataclass
class Quota:
    """At most ``per_minute`` requests in any minute; ``clock`` and ``sleep`` in seconds are given to test it."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _at: deque[float] = field(default_factory=deque, init=False)
    """Instants at which the last of them were sent."""

    def take(self) -> None:
        """Wait until a request may be sent."""
        if len(self._at) == self.per_minute:
            wait = self._at.popleft() + 60.0 - self.clock()
            if wait > 0:
                self.sleep(wait)
        self._at.append(self.clock())


@dataclass
class Aemet:
    """The service at ``base``, asked with ``key``, never faster than ``quota`` allows."""

    key: str
    base: str = BASE
    quota: Quota = field(default_factory=lambda: Quota(per_minute=40))
    session: requests.Session = field(default_factory=requests.Session)
    sleep: Callable[[float], None] = time.sleep
    _unanswered: int = field(default=0, init=False)

    def fetch(self, path: str) -> tuple[bytes, Any]:
        """The answer to ``path`` (e.g. ``/prediccion/especifica/municipio/horaria/28065``): its bytes and its JSON.

        Raises :class:`NoDataError`, :class:`KeyRefusedError`, :class:`AemetError` after the last try, and
        :class:`AwayError` where that was so for ``PATIENCE`` questions in a row.
        """
        if not self.key:
            raise KeyRefusedError("AEMET needs a key: get one at opendata.aemet.es and set AEMET_API_KEY")
        raw, body = self._get(self.base + path)
        if isinstance(body, dict) and "datos" in body:
            try:
                return self._get(str(body["datos"]))
            except NoDataError:
                # The second address lives shortly: the first step gives another.
                raw, body = self._get(self.base + path)
                if isinstance(body, dict) and "datos" in body:
                    raw, body = self._get(str(body["datos"]))
        return raw, body

    def _get(self, url: str) -> tuple[bytes, Any]:
        fault = ""
        for attempt in range(TRIES):
            self.quota.take()
            try:
                answer = web.get(self.session, url, headers={"api_key": self.key}, timeout=TIMEOUT_S)
            except requests.RequestException as error:
                fault = f"no answer ({type(error).__name__})"
                self.sleep(2.0**attempt)
                continue
            body = _decode(answer)
            state, word = _state(answer, body)
            if state == requests.codes.ok and body is not None:
                self._unanswered = 0
                return answer.content, body
            if state == requests.codes.not_found:
                self._unanswered = 0
                raise NoDataError(f"AEMET has no data: {word}")
            if state in (requests.codes.unauthorized, requests.codes.forbidden):
                raise KeyRefusedError(f"AEMET refuses the key ({word}): renew AEMET_API_KEY")
            fault = f"{state} {word}"
            self.sleep(QUOTA_WAIT_S if state == requests.codes.too_many_requests else 2.0**attempt)
        self._unanswered += 1
        if self._unanswered >= PATIENCE:
            raise AwayError(f"AEMET answered none of {self._unanswered} questions in a row, at last: {fault}")
        raise AemetError(f"AEMET gave no data in {TRIES} tries, the last: {fault}")


def _decode(answer: requests.Response) -> Any:
    """The JSON of an answer, None where it is none.

    The header may lack the encoding, or name another than the text's: a byte order mark, the encoding stated, UTF-8
    and Latin-9 are tried in this order. AEMET's texts hold control characters.
    """
    stated = requests.utils.get_encoding_from_headers(answer.headers) if "charset" in _content_type(answer) else None
    tried = ["utf-8-sig"] if answer.content.startswith(codecs.BOM_UTF8) else []
    for encoding in (*tried, *([stated] if stated else []), "utf-8", FALLBACK_ENCODING):
        try:
            return json.loads(answer.content.decode(encoding), strict=False)
        except (ValueError, LookupError, RecursionError):
            continue
    return None


def _content_type(answer: requests.Response) -> str:
    return str(answer.headers.get("Content-Type", "")).lower()


def _state(answer: requests.Response, body: Any) -> tuple[int, str]:
    """The true state and its words: an envelope's ``estado`` overrules the HTTP status where it is a number."""
    if isinstance(body, dict) and "estado" in body:
        try:
            return int(body["estado"]), str(body.get("descripcion", ""))
        except (TypeError, ValueError):
            return answer.status_code, str(body.get("descripcion", ""))
    if answer.ok and body is None:
        return requests.codes.bad_gateway, "the answer is not JSON"
    return answer.status_code, answer.reason
