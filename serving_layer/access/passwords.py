"""Passwords of people, kept as Argon2id hashes; a wrong name takes as long as a wrong password."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

from conf.refusal import Refusal

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1_000
"""Characters. No kind of character is asked for: length is what makes guessing long."""
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$q+EmslffZQnf+ibfwxiXCg$xgRJ1ajaaWmt2SE/s1f/0xM1t73HeVBCfGcvEbBYMM8"
"""Hash that is verified for whoever has no password, with the same parameters, so that it takes as long."""


class BadPassword(Refusal):
    """A password that can't be set; the text says why."""

    kind = "bad-password"
    exit_code = 2


def hash_of(password: str) -> str:
    """The hash that is kept of ``password``. Raises :class:`BadPassword`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(
            f"A password has {SHORTEST} to {LONGEST:,} characters; several words are easy to keep in mind."
        )
    return str(_hasher().hash(_plain(password)))


def is_right(password: str, kept: str) -> bool:
    """Whether ``kept`` was made of ``password``; where nothing is kept, False after the same work."""
    from argon2.exceptions import VerificationError

    with suppress(VerificationError):
        is_its = bool(_hasher().verify(kept or NOBODYS, _plain(password[:LONGEST])))
        return is_its and bool(kept) and len(password) <= LONGEST
    return False


def _hasher() -> PasswordHasher:
    """Argon2id by the second choice of RFC 9106: 64 MiB, three passes."""
    # Every command about people would wait for the library, which most of them do not need.
    from argon2 import PasswordHasher

    return PasswordHasher()


def _plain(password: str) -> str:
    """The same letters in one spelling, whichever keyboard wrote them."""
    return unicodedata.normalize("NFKC", password)
