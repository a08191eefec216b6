"""Datadis' private API: a login for a day, and questions of which the same one may be asked once in 24 hours.

Nothing is asked again by itself but after a token that has lapsed: every call counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError
from urllib3.util import Retry

from ingest.sources import web
from ingest.sources.budget import Came, Rule
from ingest.sources.source import SourceAway, SourceError

TIMEOUT_S = 180.0
"""Longest wait for an answer: Datadis is slow by day."""
HOLD = timedelta(hours=24, minutes=1)
"""Datadis takes the same question once in 24 hours, by its own clock, and counts calls that it has failed, too."""
RULE = Rule(hold=HOLD, nothing=(HOLD,), refused=(HOLD,), given_up=12)
LOGIN, API = "/nikola-auth/tokens/login", "/api-private/api/"


class DatadisError(SourceError):
    """Datadis gave no data; the text is its own word, and what to do."""

    came = Came.NOTHING
    """Any answer, an error too, is what the same question gets once in 24 hours."""


class LoginRefused(DatadisError, SourceAway):
    """NIF or password are missing or wrong."""


class AskedTooSoon(DatadisError):
    """The same was asked within the last 24 hours (its 429), by whomever."""

    came = Came.TOO_SOON


def _session() -> requests.Session:
    session = web.browser(Retry(0))
    session.headers["Accept-Encoding"] = "identity"
    return session


@dataclass
class Datadis:
    """The service at ``base``, asked by ``username`` (a NIF) with ``password``."""

    base: str
    username: str
    password: str
    session: requests.Session = field(default_factory=_session)
    _token: str = field(default="", init=False)

    def ask(self, name: str, params: Mapping[str, str], rows: str) -> tuple[list[Any], str]:
        """The rows under ``rows`` in the answer of ``name``, and what distributors say of their part; "" if nothing.

        Raises :class:`LoginRefused`, :class:`AskedTooSoon`, :class:`DatadisError`, what ``requests`` raises.
        """
        self.enter()
        answer = self._get(name, params)
        if answer.status_code == requests.codes.unauthorized:
            self._log_in()
            answer = self._get(name, params)
        if answer.status_code == requests.codes.too_many_requests:
            raise AskedTooSoon(f"Datadis was asked the same within 24 hours ({_word(answer)}); it is asked tomorrow")
        if not answer.ok:
            raise DatadisError(f"Datadis: HTTP {answer.status_code}, {_word(answer) or 'without a word'}")
        return _rows(answer, rows)

    def enter(self) -> None:
        """Log in where that has not been done. Raises :class:`LoginRefused`, :class:`DatadisError`."""
        if not self._token:
            self._log_in()

    def _get(self, name: str, params: Mapping[str, str]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        return web.get(self.session, self.base + API + name, params, headers, TIMEOUT_S)

    def _log_in(self) -> None:
        if not (self.username and self.password):
            raise LoginRefused("Datadis needs a login: set DATADIS_USERNAME (the NIF) and DATADIS_PASSWORD")
        said = {"username": self.username, "password": self.password}
        answer = self.session.post(self.base + LOGIN, data=said, timeout=(web.CONNECT_S, TIMEOUT_S))
        token = answer.text.strip()
        # A wrong password is 500 today and was 401; both say so.
        is_refused = answer.status_code in (401, 403) or "bad credentials" in answer.text.lower()
        if is_refused:
            raise LoginRefused("Datadis refuses the login: look at DATADIS_USERNAME and DATADIS_PASSWORD")
        if not answer.ok or token.count(".") != 2 or len(token) > web.LONGEST_BYTES or "\n" in token:
            raise DatadisError(f"Datadis gave no token: HTTP {answer.status_code}, {_word(answer)}")
        self._token = token


def _rows(answer: requests.Response, rows: str) -> tuple[list[Any], str]:
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        raise DatadisError("Datadis' answer is no JSON") from None
    if isinstance(body, list):  # as the older paths answer
        return body, ""
    found = body.get(rows) if isinstance(body, dict) else None
    if isinstance(found, dict):  # one object in place of a list
        found = [found]
    if not isinstance(found, list):
        raise DatadisError(f"Datadis' answer holds no {rows}")
    return found, _errors(body.get("distributorError"))


def _errors(errors: Any) -> str:
    said: Sequence[Any] = errors if isinstance(errors, list) else []
    return "; ".join(
        f"{each.get('distributorName') or each.get('distributorCode')}: {each.get('errorDescription')}"[:200]
        for each in said
        if isinstance(each, dict)
    )


def reached_nobody(error: requests.RequestException) -> bool:
    """Whether a request was never sent, so that it can't have been counted."""
    why = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(why, NewConnectionError)


def _word(answer: requests.Response) -> str:
    """The text of the answer for a person."""
    text = answer.content.decode("utf-8", errors="replace").strip()
    try:
        body = json.loads(text)
        text = str(body.get("message") or body.get("error") or text) if isinstance(body, dict) else text
    except (ValueError, RecursionError):
        pass
    return " ".join(text.split())[:200]
