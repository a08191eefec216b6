"""Who is given tickets: whoever has the key; everybody else, and whatever is no question, is refused."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given as of
from hypothesis import strategies

from conf.kerberos import NAMES, REALM
from stack.kerberos import cipher, der
from stack.kerberos.exchange import AS_ASKED, AS_SAID, LIFETIME, SHOWN, TGS_ASKED, TGS_SAID, Keys, Refused, answer
from tests.support.doors import tickets
from tests.support.doors.tickets import Given

NOW = datetime(2026, 12, 31, 23, 30, tzinfo=timezone.utc)
KEYS = Keys(secrets.token_bytes(32), secrets.token_bytes(32))
OTHER = secrets.token_bytes(32)


def first(now: datetime = NOW) -> Given:
    return tickets.given(AS_SAID, answer(KEYS, tickets.first(KEYS.principal, now), now), KEYS.principal)


def test_who_has_the_key_is_given_a_ticket_to_ask_with_and_by_it_one_for_hdfs() -> None:
    ticket = first()
    assert ticket.until == NOW + LIFETIME
    later = NOW + timedelta(hours=20)
    said = answer(KEYS, tickets.second(ticket, later), later)
    for_hdfs = tickets.given(TGS_SAID, said, ticket.key)
    assert for_hdfs.until == ticket.until
    hidden = der.only(der.BYTES, der.numbered(der.known_by(1, for_hdfs.ticket)[3])[2])
    inside = der.known_by(3, cipher.decrypt(KEYS.principal, 2, hidden))
    assert der.only(der.BYTES, der.numbered(inside[1])[1]) == for_hdfs.key
    assert tickets.named(NAMES)[-20:] == inside[3][-20:]


def test_without_the_key_nothing_is_given() -> None:
    assert tickets.error(answer(KEYS, tickets.first(None, NOW), NOW)) == Refused.KEY_WANTED
    for key in (OTHER, KEYS.tickets):
        assert tickets.error(answer(KEYS, tickets.first(key, NOW), NOW)) == Refused.FAILED


@pytest.mark.parametrize("shown", [16, 17, 136, 255])
def test_no_other_way_to_log_in_is_known(shown: int) -> None:
    """A certificate that nobody looks at, a token, an armour: none of what other servers take."""
    question = tickets.asked(AS_ASKED, tickets.body(tickets.TICKETS, NAMES), shown, b"\x30\x00")
    assert tickets.error(answer(KEYS, question, NOW)) == Refused.KEY_WANTED


@pytest.mark.parametrize("client", [("root",), ("WELLKNOWN", "ANONYMOUS"), ("krbtgt", REALM), ("solera",)])
def test_nobody_else_is_known(client: tuple[str, ...]) -> None:
    question = tickets.first(KEYS.principal, NOW, client)
    assert tickets.error(answer(KEYS, question, NOW)) == Refused.UNKNOWN_CLIENT


@pytest.mark.parametrize("server", [("root",), ("krbtgt", "ELSEWHERE"), ("HTTP", "nobody")])
def test_nothing_else_is_served(server: tuple[str, ...]) -> None:
    asked = tickets.first(KEYS.principal, NOW, server=server)
    assert tickets.error(answer(KEYS, asked, NOW)) == Refused.UNKNOWN_SERVER
    assert tickets.error(answer(KEYS, tickets.second(first(), NOW, server), NOW)) == Refused.UNKNOWN_SERVER


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_said_at_another_time_is_not_taken(minutes: int) -> None:
    then = NOW + timedelta(minutes=minutes)
    assert tickets.error(answer(KEYS, tickets.first(KEYS.principal, then), NOW)) == Refused.SKEWED
    assert tickets.error(answer(KEYS, tickets.second(first(), then), NOW)) == Refused.SKEWED


def test_a_ticket_ends() -> None:
    later = NOW + LIFETIME + timedelta(seconds=1)
    assert tickets.error(answer(KEYS, tickets.second(first(), later), later)) == Refused.EXPIRED


def test_a_ticket_is_of_use_to_who_has_its_key_alone() -> None:
    stolen = first()._replace(key=OTHER)
    assert tickets.error(answer(KEYS, tickets.second(stolen, NOW), NOW)) == Refused.BAD_TICKET


def test_a_ticket_for_hdfs_is_none_to_ask_with() -> None:
    ticket = first()
    for_hdfs = tickets.given(TGS_SAID, answer(KEYS, tickets.second(ticket, NOW), NOW), ticket.key)
    assert tickets.error(answer(KEYS, tickets.second(for_hdfs, NOW), NOW)) == Refused.BAD_TICKET


def test_a_question_that_was_changed_on_its_way_is_refused() -> None:
    changed = tickets.second(first(), NOW, said_of=b"something else")
    assert tickets.error(answer(KEYS, changed, NOW)) == Refused.BAD_TICKET


def test_a_question_that_shows_no_ticket_is_refused() -> None:
    for question in (
        tickets.asked(TGS_ASKED, tickets.body(NAMES)),
        tickets.asked(TGS_ASKED, tickets.body(NAMES), 1, b""),
        tickets.asked(TGS_ASKED, tickets.body(NAMES), 1, der.application(SHOWN, der.fields({}))),
    ):
        assert tickets.error(answer(KEYS, question, NOW)) == Refused.GARBLED


@of(strategies.binary(max_size=200))
def test_noise_is_answered_with_an_error(noise: bytes) -> None:
    assert tickets.error(answer(KEYS, noise, NOW)) == Refused.GARBLED


@of(strategies.data())
def test_a_question_with_a_changed_byte_is_answered(data: strategies.DataObject) -> None:
    for question in (bytearray(tickets.first(KEYS.principal, NOW)), bytearray(tickets.second(first(), NOW))):
        question[data.draw(strategies.integers(0, len(question) - 1))] = data.draw(strategies.integers(0, 255))
        assert answer(KEYS, bytes(question), NOW)[:1]
