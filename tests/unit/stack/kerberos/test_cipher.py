"""Kerberos' encryption against the vectors of RFC 8009, appendix A."""

from __future__ import annotations

import secrets

import pytest

from stack.kerberos import cipher

KEY = bytes.fromhex("6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52")
USAGE = 2


def test_checksum_is_that_of_the_rfc() -> None:
    made = cipher.checksum(KEY, USAGE, bytes(range(21)))
    assert made == bytes.fromhex("45EE791567EEFCA37F4AC1E0222DE80D43C3BFA06699672A")


@pytest.mark.parametrize(
    ("plain", "hidden"),
    [
        ("", "41F53FA5BFE7026D91FAF9BE959195A058707273A96A40F0A01960621AC612748B9BBFBE7EB4CE3C"),
        (
            "000102030405",
            "4ED7B37C2BCAC8F74F23C1CF07E62BC7B75FB3F637B9F559C7F664F69EAB7B6092237526EA0D1F61CB20D69D10F2",
        ),
    ],
)
def test_what_the_rfc_has_encrypted_is_read(plain: str, hidden: str) -> None:
    assert cipher.decrypt(KEY, USAGE, bytes.fromhex(hidden)) == bytes.fromhex(plain)


@pytest.mark.parametrize("size", range(70))
def test_what_is_encrypted_is_read_by_the_key_alone(size: int) -> None:
    plain = secrets.token_bytes(size)
    hidden = cipher.encrypt(KEY, USAGE, plain)
    assert cipher.decrypt(KEY, USAGE, hidden) == plain
    assert plain not in hidden or size < 4
    for key, usage in ((KEY[::-1], USAGE), (KEY, USAGE + 1)):
        with pytest.raises(cipher.Forged):
            cipher.decrypt(key, usage, hidden)


@pytest.mark.parametrize("place", [0, 17, -1])
def test_what_was_changed_is_not_read(place: int) -> None:
    hidden = bytearray(cipher.encrypt(KEY, USAGE, b"the archive of all messages"))
    hidden[place] ^= 1
    with pytest.raises(cipher.Forged):
        cipher.decrypt(KEY, USAGE, bytes(hidden))


def test_what_is_cut_off_is_not_read() -> None:
    hidden = cipher.encrypt(KEY, USAGE, b"x")
    for size in range(len(hidden)):
        with pytest.raises(cipher.Forged):
            cipher.decrypt(KEY, USAGE, hidden[:size])
