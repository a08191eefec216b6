"""What a client of Kerberos asks, right or wrong, and how it reads the answer."""

from __future__ import annotations

import secrets
import struct
from datetime import datetime, timezone
from typing import NamedTuple

from conf import Settings
from conf.kerberos import NAMES, REALM
from stack.kerberos import cipher, der
from stack.kerberos.exchange import AS_ASKED, ERROR, SHOWN, TGS_ASKED
from tests.support.doors.ports import greeted

TICKETS = ("krbtgt", REALM)


class Given(NamedTuple):
    """A ticket as it came, the key that goes with it, and until when they hold."""

    ticket: bytes
    key: bytes
    until: datetime


def named(names: tuple[str, ...]) -> bytes:
    return der.fields({0: der.integer(1), 1: der.listed(*map(der.text, names))})


def sealed(key: bytes, usage: int, plain: bytes) -> bytes:
    return der.fields({0: der.integer(cipher.KIND), 2: der.octets(cipher.encrypt(key, usage, plain))})


def body(server: tuple[str, ...], client: tuple[str, ...] | None = None) -> bytes:
    fields = {0: der.flags(), 2: der.text(REALM), 3: named(server), 5: der.time(datetime.now(timezone.utc))}
    fields |= {7: der.integer(7), 8: der.listed(der.integer(18), der.integer(cipher.KIND))}
    return der.fields(fields | ({1: named(client)} if client else {}))


def asked(kind: int, of: bytes, shown: int = 0, content: bytes = b"") -> bytes:
    """A question of ``kind`` whose body is ``of``; where ``shown`` is a number, it shows that kind of ``content``."""
    message = {1: der.integer(5), 2: der.integer(kind), 4: of}
    if shown:
        message[3] = der.listed(der.fields({1: der.integer(shown), 2: der.octets(content)}))
    return der.application(kind, der.fields(message))


def first(
    key: bytes | None, now: datetime, client: tuple[str, ...] = NAMES, server: tuple[str, ...] = TICKETS
) -> bytes:
    """Asks for a ticket to ask with, as who has ``key``, or none."""
    if key is None:
        return asked(AS_ASKED, body(server, client))
    return asked(AS_ASKED, body(server, client), 2, sealed(key, 1, der.fields({0: der.time(now)})))


def second(given: Given, now: datetime, server: tuple[str, ...] = NAMES, said_of: bytes | None = None) -> bytes:
    """Asks for a ticket for ``server`` by one that was given; ``said_of`` is the body that its sum is of."""
    of = body(server)
    checksum = der.octets(cipher.checksum(given.key, 6, of if said_of is None else said_of))
    who = {0: der.integer(5), 1: der.text(REALM), 2: named(NAMES)}
    who |= {3: der.fields({0: der.integer(cipher.KIND), 1: checksum}), 4: der.integer(0), 5: der.time(now)}
    authenticator = sealed(given.key, 7, der.application(2, der.fields(who)))
    shown = {0: der.integer(5), 1: der.integer(SHOWN), 2: der.flags(), 3: given.ticket, 4: authenticator}
    return asked(TGS_ASKED, of, 1, der.application(SHOWN, der.fields(shown)))


def error(said: bytes) -> int | None:
    """The number of the error that was said; None where a ticket was."""
    return der.number(der.known_by(ERROR, said)[6]) if said[:1] == bytes([0x60 | ERROR]) else None


def given(kind: int, said: bytes, key: bytes) -> Given:
    """The ticket that was given, opened by ``key``."""
    fields = der.known_by(kind, said)
    usage, part = (3, 25) if kind == AS_ASKED + 1 else (8, 26)
    hidden = der.only(der.BYTES, der.numbered(fields[6])[2])
    known = der.known_by(part, cipher.decrypt(key, usage, hidden))
    return Given(fields[5], der.only(der.BYTES, der.numbered(known[0])[1]), der.moment(known[7]))


def refused(settings: Settings, key: bytes | None) -> int | None:
    """The error with which a ticket is refused to who has ``key``, or none; None where one is given."""
    question = first(key, datetime.now(timezone.utc))
    return error(greeted(settings.hdfs.kdc_port, struct.pack(">I", len(question)) + question)[4:])


def forged(settings: Settings) -> int | None:
    """The error with which a ticket of one's own making is refused."""
    key = secrets.token_bytes(cipher.KEY_BYTES)
    inside = {1: der.fields({0: der.integer(cipher.KIND), 1: der.octets(key)}), 3: named(NAMES)}
    ticket = {0: der.integer(5), 1: der.text(REALM), 2: named(TICKETS)}
    ticket[3] = sealed(key, 2, der.application(3, der.fields(inside)))
    now = datetime.now(timezone.utc)
    question = second(Given(der.application(1, der.fields(ticket)), key, now), now)
    return error(greeted(settings.hdfs.kdc_port, struct.pack(">I", len(question)) + question)[4:])
