"""A login that has begun and is at the issuer: what its browser keeps meanwhile, and that it is ended once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from contextlib import suppress
from threading import Lock
from typing import NamedTuple

LASTS_SECONDS = 600
"""Seconds that somebody may take at the issuer."""


class Begun(NamedTuple):
    """``state`` names the login, ``nonce`` its ID token, ``verifier`` whoever takes it (PKCE); until then (Unix)."""

    state: str
    nonce: str
    verifier: str
    until: int

    @property
    def challenge(self) -> str:
        """The verifier as the issuer is shown it (S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class Beginnings:
    """Makes them, and knows its own by the cookie of the browser in which they were made."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._ended: dict[str, int] = {}
        self._lock = Lock()

    def begin(self) -> Begun:
        """A new one."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return Begun(state, nonce, verifier, int(time.time()) + LASTS_SECONDS)

    def cookie(self, begun: Begun) -> str:
        """The cookie that the browser keeps."""
        return ".".join((*map(str, begun), self._signature(begun)))

    def end(self, cookie: str, state: str) -> Begun | None:
        """The login of ``cookie``, if made here, named ``state``, and neither ended nor given back."""
        with suppress(ValueError):
            named, nonce, verifier, until, signature = cookie.split(".")
            begun = Begun(named, nonce, verifier, int(until))
            is_ours = _same(signature, self._signature(begun)) and _same(state, begun.state)
            return begun if is_ours and begun.until > time.time() and self._is_first(begun) else None
        return None

    def _is_first(self, begun: Begun) -> bool:
        with self._lock:
            self._ended = {each: until for each, until in self._ended.items() if until > time.time()}
            is_first = begun.state not in self._ended
            self._ended[begun.state] = begun.until
            return is_first

    def _signature(self, begun: Begun) -> str:
        return hmac.digest(self._secret, " ".join(("oidc", *map(str, begun))).encode(), "sha256").hex()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
