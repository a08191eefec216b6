"""Kerberos' encryption ``aes256-cts-hmac-sha384-192`` (RFC 8009), the only kind that this machine's tickets have."""

from __future__ import annotations

import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from conf.refusal import Refusal

KIND = 20
"""The number of the cipher, for keys, for what is encrypted, and for checksums."""
KEY_BYTES = 32
_BLOCK, _MAC_BYTES = 16, 24
_ENCRYPT, _INTEGRITY, _CHECK = b"\xaa", b"\x55", b"\x99"


class Forged(Refusal):
    """A message was made by another key, or has been changed."""


def encrypt(key: bytes, usage: int, plain: bytes) -> bytes:
    """``plain`` encrypted by ``key`` for a ``usage`` (RFC 4120, 7.5.1)."""
    hidden = _stolen(_derived(key, usage, _ENCRYPT, KEY_BYTES), secrets.token_bytes(_BLOCK) + plain)
    return hidden + _mac(key, usage, hidden)


def decrypt(key: bytes, usage: int, hidden: bytes) -> bytes:
    """The content that :func:`encrypt` was given. Raises :class:`Forged`."""
    body, mac = hidden[:-_MAC_BYTES], hidden[-_MAC_BYTES:]
    if len(body) < _BLOCK or not hmac.compare_digest(mac, _mac(key, usage, body)):
        raise Forged
    return _restored(_derived(key, usage, _ENCRYPT, KEY_BYTES), body)[_BLOCK:]


def checksum(key: bytes, usage: int, content: bytes) -> bytes:
    """The checksum which shows that who has ``key`` has said ``content``."""
    return hmac.digest(_derived(key, usage, _CHECK, _MAC_BYTES), content, "sha384")[:_MAC_BYTES]


def _mac(key: bytes, usage: int, hidden: bytes) -> bytes:
    return hmac.digest(_derived(key, usage, _INTEGRITY, _MAC_BYTES), bytes(_BLOCK) + hidden, "sha384")[:_MAC_BYTES]


def _derived(key: bytes, usage: int, purpose: bytes, size: int) -> bytes:
    label = usage.to_bytes(4, "big") + purpose
    return hmac.digest(key, b"\0\0\0\1" + label + b"\0" + (8 * size).to_bytes(4, "big"), "sha384")[:size]


def _stolen(key: bytes, plain: bytes) -> bytes:
    """CBC with ciphertext stealing: as long as ``plain``, the last two blocks in each other's place."""
    padded = plain + bytes(-len(plain) % _BLOCK)
    work = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).encryptor()
    hidden = work.update(padded) + work.finalize()
    if len(padded) == _BLOCK:
        return hidden
    head, before, last = hidden[: -2 * _BLOCK], hidden[-2 * _BLOCK : -_BLOCK], hidden[-_BLOCK:]
    return (head + last + before)[: len(plain)]


def _restored(key: bytes, hidden: bytes) -> bytes:
    work = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).decryptor()
    if len(hidden) == _BLOCK:
        return work.update(hidden) + work.finalize()
    rest = (len(hidden) - 1) % _BLOCK + 1
    head, last, before = hidden[: -_BLOCK - rest], hidden[-_BLOCK - rest : -rest], hidden[-rest:]
    alone = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305  one block, for the stealing
    filling = (alone.update(last) + alone.finalize())[rest:]
    return (work.update(head + before + filling + last) + work.finalize())[: len(hidden)]
