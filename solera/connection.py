"""Asks the REST API: with the token, page after page, again where it says to wait."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import requests

from conf import Settings
from conf.refusal import Refusal

TIMEOUT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 120.0
"""A question that is told to wait for longer than this, in all, is refused."""
WAIT = (429, 503)
"""Too many questions, or too many at once: the header Retry-After says for how many seconds to wait."""


class NoToken(Refusal):
    """A question without a token."""

    kind = "no-token"
    status = 401


class NotReached(Refusal):
    """Nothing answers at the address."""

    kind = "not-reached"
    status = 503


class Refused(Refusal):
    """REST has refused a question, or could not answer it; its text is the API's own."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.answered = status
        """The status of HTTP."""


def token(settings: Settings) -> str:
    """The token of ``SOLERA_API__TOKEN``, else the one in ``<home>/token``. Raises :class:`NoToken`."""
    given = settings.api.token.get_secret_value()
    file = settings.home / "token"
    if given or file.is_file():
        return given or file.read_text().strip()
    raise NoToken(f"There is no token: set SOLERA_API__TOKEN, or SOLERA_HOME to the folder whose file token holds it "
                  f"({file} is not there); `solera access add` makes one.")  # fmt: skip


class Connection:
    """One session with the API at ``url``, such as ``http://127.0.0.1:8000``."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/") + "/"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of ``/v1/<path>``; a parameter that is None is left out.

        Raises :class:`Refused` with the API's reason and :class:`NotReached`.
        """
        found: dict[str, Any] = self._answer(f"v1/{path}", parameters).json()
        return found

    def pages(self, path: str, name: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The rows of list ``name``, of every page of it. Raises as :meth:`get`."""
        answer = self._answer(f"v1/{path}", parameters)
        yield from answer.json()[name]
        while following := answer.links.get("next"):
            answer = self._answer(following["url"], {})
            yield from answer.json()[name]

    def _answer(self, path: str, parameters: Mapping[str, Any]) -> requests.Response:
        waited = 0.0
        while True:
            answer = self._ask(path, parameters)
            if answer.ok:
                return answer
            wait = float(answer.headers.get("Retry-After", "nan")) if answer.status_code in WAIT else float("nan")
            if not waited + wait <= LONGEST_WAIT_SECONDS:
                raise Refused(answer.status_code, _reason(answer))
            time.sleep(wait)
            waited += wait

    def _ask(self, path: str, parameters: Mapping[str, Any]) -> requests.Response:
        given = {name: value for name, value in parameters.items() if value is not None}
        try:
            return self._session.get(urljoin(self._url, path), params=given, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise NotReached(
                f"Nothing answers at {self._url} ({type(error).__name__}): `solera status` says what runs; "
                "another address is SOLERA_API__HOST and SOLERA_API__PORT, or Client(url=…)."
            ) from None


def _reason(answer: requests.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code} {answer.reason}."
