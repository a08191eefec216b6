"""The page's cookie: who has logged in, and until when. A new token of the owner ends every session."""

from __future__ import annotations

import hmac
import time
from contextlib import suppress
from typing import NamedTuple

from serving_layer.access.person import Person

COOKIE = "solera_session"
LASTS_SECONDS = 30 * 86_400


class Session(NamedTuple):
    """The content of a cookie before its signature is looked at."""

    name: str
    until: int
    signature: str


def read(cookie: str) -> Session | None:
    """The parts of a cookie; None of a text that is none."""
    until, _, rest = cookie.partition(".")
    signature, _, name = rest.partition(".")
    with suppress(ValueError):
        return Session(name, int(until), signature)
    return None


class Sessions:
    """Makes cookies and knows its own; one that was ended counts no more."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._ended: dict[Session, int] = {}

    def begin(self, person: Person) -> str:
        """The cookie of ``person``, who logs in now."""
        until = int(time.time()) + LASTS_SECONDS
        return f"{until}.{self._signature(person, until)}.{person.name}"

    def counts(self, session: Session, person: Person) -> bool:
        """Whether ``session`` is one that was made here for ``person`` and has not ended."""
        right = self._signature(person, session.until)
        is_ours = hmac.compare_digest(session.signature.encode(errors="replace"), right.encode())
        return is_ours and session.name == person.name and session.until > time.time() and session not in self._ended

    def end(self, session: Session) -> None:
        """Let it count no more."""
        self._ended = {each: until for each, until in self._ended.items() if until > time.time()}
        self._ended[session] = session.until

    def _signature(self, person: Person, until: int) -> str:
        # Another password or identity ends the sessions that were begun before, as another token does.
        of = f"page {person.name} {person.token_hash} {until}{person.password_hash}{person.identity}"
        return hmac.digest(self._secret, of.encode(), "sha256").hex()
