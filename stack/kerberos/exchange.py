"""The two questions of Kerberos (RFC 4120): who has the key is given a ticket to ask with, who has that one for HDFS.

There is one principal, HDFS and its clients alike, so that nothing is looked up. What a message may say beyond that
(other principals, other ways to log in, forwarding, renewal) is not known here.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from conf.kerberos import NAMES, REALM
from conf.refusal import Refusal
from stack.kerberos import cipher, der
from stack.kerberos.cipher import KIND, Forged

AS_ASKED, AS_SAID, TGS_ASKED, TGS_SAID, SHOWN, ERROR = 10, 11, 12, 13, 14, 30
"""Kinds of message, which are their applications' numbers as well."""
SKEW = timedelta(minutes=5)
LIFETIME = timedelta(days=1)
_INITIAL, _PREAUTHENTICATED = 9, 10
_TICKET, _TICKET_PART, _AUTHENTICATOR, _AS_PART, _TGS_PART = 1, 3, 2, 25, 26
_TIMESTAMP, _TGS_REQUEST, _KINDS = 2, 1, 19
_INSTANCE = 2
_TICKETS = ("krbtgt", REALM)


class Refused(Refusal):
    """``code`` of RFC 4120, 7.5.9; ``data`` say what is missing."""

    UNKNOWN_CLIENT, UNKNOWN_SERVER, NO_KIND, FAILED, KEY_WANTED = 6, 7, 14, 24, 25
    BAD_TICKET, EXPIRED, SKEWED, GARBLED = 31, 32, 37, 60

    def __init__(self, code: int, data: bytes = b"") -> None:
        super().__init__(f"no ticket is given: Kerberos' error {code}")
        self.code, self.data = code, data


class Keys(NamedTuple):
    """Keys of the server: the principal's and the one that its own tickets are sealed with."""

    principal: bytes
    tickets: bytes


class _Asked(NamedTuple):
    server: tuple[str, ...]
    nonce: bytes


def answer(keys: Keys, message: bytes, now: datetime) -> bytes:
    """The answer to ``message`` at ``now``: a ticket or an error."""
    try:
        if message[:1] == bytes([0x60 | AS_ASKED]):
            return _first(keys, der.known_by(AS_ASKED, message), now)
        return _second(keys, der.known_by(TGS_ASKED, message), now)
    except Refused as refused:
        return _error(refused, now)
    except (ValueError, KeyError, IndexError, RecursionError):
        return _error(Refused(Refused.GARBLED), now)


def _first(keys: Keys, message: dict[int, bytes], now: datetime) -> bytes:
    asked = _asked(message[4])
    body = der.numbered(message[4])
    if 1 not in body or _name(body[1]) != NAMES:
        raise Refused(Refused.UNKNOWN_CLIENT)
    if asked.server not in (_TICKETS, NAMES):
        raise Refused(Refused.UNKNOWN_SERVER)
    stamp = _found(message, _TIMESTAMP)
    if stamp is None:
        raise Refused(Refused.KEY_WANTED, _what_is_wanted())
    try:
        said = der.moment(der.numbered(_opened(keys.principal, 1, stamp))[0])
    except Forged:
        raise Refused(Refused.FAILED) from None
    _require_recent(said, now)
    return _said(AS_SAID, keys, asked, (now, now + LIFETIME), reply=(keys.principal, 3))


def _second(keys: Keys, message: dict[int, bytes], now: datetime) -> bytes:
    asked = _asked(message[4])
    if asked.server != NAMES:
        raise Refused(Refused.UNKNOWN_SERVER)
    shown = der.known_by(SHOWN, _found(message, _TGS_REQUEST) or b"")
    try:
        ticket = der.known_by(_TICKET_PART, _opened(keys.tickets, 2, der.known_by(_TICKET, shown[3])[3]))
        session = der.only(der.BYTES, der.numbered(ticket[1])[1])
        who = der.known_by(_AUTHENTICATOR, _opened(session, 7, shown[4]))
    except Forged:
        raise Refused(Refused.BAD_TICKET) from None
    until = der.moment(ticket[7])
    if until < now:
        raise Refused(Refused.EXPIRED)
    _require_recent(der.moment(who[5]), now)
    shown_by = der.only(der.BYTES, der.numbered(who[3])[1])
    if _name(who[2]) != NAMES or shown_by != cipher.checksum(session, 6, message[4]):
        raise Refused(Refused.BAD_TICKET)
    own = der.only(der.BYTES, der.numbered(who[6])[1]) if 6 in who else None
    return _said(TGS_SAID, keys, asked, (now, until), reply=(own, 9) if own else (session, 8))


def _asked(body: bytes) -> _Asked:
    fields = der.numbered(body)
    kinds = [int.from_bytes(value, "big", signed=True) for _, value in der.parts(der.only(der.SEQUENCE, fields[8]))]
    if KIND not in kinds:
        raise Refused(Refused.NO_KIND)
    return _Asked(_name(fields[3]), fields[7])


def _require_recent(said: datetime, now: datetime) -> None:
    if abs(said - now) > SKEW:
        raise Refused(Refused.SKEWED)


def _said(kind: int, keys: Keys, asked: _Asked, span: tuple[datetime, datetime], reply: tuple[bytes, int]) -> bytes:
    """The message with a ticket for the server asked for, and what its holder must know, for the key of ``reply``."""
    session = secrets.token_bytes(cipher.KEY_BYTES)
    key = der.fields({0: der.integer(KIND), 1: der.octets(session)})
    flags = der.flags(_PREAUTHENTICATED, *([_INITIAL] if kind == AS_SAID else []))
    now, until = map(der.time, span)
    times = {5: now, 6: now, 7: until}
    way = der.fields({0: der.integer(1), 1: der.octets(b"")})
    inside = {0: flags, 1: key, 2: der.text(REALM), 3: _named(NAMES), 4: way, **times}
    hidden = der.application(_TICKET_PART, der.fields(inside))
    sealed_by = keys.tickets if asked.server == _TICKETS else keys.principal
    ticket = {0: der.integer(5), 1: der.text(REALM), 2: _named(asked.server), 3: _sealed(sealed_by, 2, hidden)}
    last = der.listed(der.fields({0: der.integer(0), 1: now}))
    known = {0: key, 1: last, 2: asked.nonce, 4: flags, **times, 9: der.text(REALM), 10: _named(asked.server)}
    part = der.application(_AS_PART if kind == AS_SAID else _TGS_PART, der.fields(known))
    return der.application(
        kind,
        der.fields(
            {
                0: der.integer(5),
                1: der.integer(kind),
                3: der.text(REALM),
                4: _named(NAMES),
                5: der.application(_TICKET, der.fields(ticket)),
                6: _sealed(*reply, part),
            }
        ),
    )


def _error(refused: Refused, now: datetime) -> bytes:
    said = {0: der.integer(5), 1: der.integer(ERROR), 4: der.time(now), 5: der.integer(0), 6: der.integer(refused.code)}
    said |= {9: der.text(REALM), 10: _named(_TICKETS)}
    return der.application(ERROR, der.fields(said | ({12: der.octets(refused.data)} if refused.data else {})))


def _what_is_wanted() -> bytes:
    kinds = der.listed(der.fields({0: der.integer(KIND)}))
    wanted = {_KINDS: kinds, _TIMESTAMP: b""}
    return der.listed(*(der.fields({1: der.integer(kind), 2: der.octets(of)}) for kind, of in wanted.items()))


def _found(message: dict[int, bytes], kind: int) -> bytes | None:
    """The proof of a ``kind`` in the message of who asks."""
    for _, each in der.parts(der.only(der.SEQUENCE, message[3])) if 3 in message else ():
        shown = der.numbered(der.wrapped(der.SEQUENCE, each))
        if der.number(shown[1]) == kind:
            return der.only(der.BYTES, shown[2])
    return None


def _sealed(key: bytes, usage: int, plain: bytes) -> bytes:
    return der.fields({0: der.integer(KIND), 2: der.octets(cipher.encrypt(key, usage, plain))})


def _opened(key: bytes, usage: int, sealed: bytes) -> bytes:
    fields = der.numbered(sealed)
    if der.number(fields[0]) != KIND:
        raise Refused(Refused.NO_KIND)
    return cipher.decrypt(key, usage, der.only(der.BYTES, fields[2]))


def _named(names: tuple[str, ...]) -> bytes:
    return der.fields({0: der.integer(_INSTANCE), 1: der.listed(*map(der.text, names))})


def _name(content: bytes) -> tuple[str, ...]:
    return tuple(value.decode("ascii") for _, value in der.parts(der.only(der.SEQUENCE, der.numbered(content)[1])))
