"""DER, as far as Kerberos' messages (RFC 4120) need it: written and read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

INTEGER, BITS, BYTES, SEQUENCE, TIME, TEXT = 0x02, 0x03, 0x04, 0x30, 0x18, 0x1B
_SHORT = 0x80
_FORMAT = "%Y%m%d%H%M%SZ"


def wrapped(tag: int, content: bytes) -> bytes:
    """``content`` behind its tag and length."""
    if len(content) < _SHORT:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, _SHORT | len(length)]) + length + content


def integer(value: int) -> bytes:
    """An INTEGER."""
    return wrapped(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def text(value: str) -> bytes:
    """A GeneralString."""
    return wrapped(TEXT, value.encode("ascii"))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return wrapped(BYTES, value)


def time(value: datetime) -> bytes:
    """A KerberosTime: whole seconds, UTC."""
    return wrapped(TIME, value.astimezone(timezone.utc).strftime(_FORMAT).encode())


def flags(*numbers: int) -> bytes:
    """A BIT STRING of 32 bits of which those ``numbers`` are set, counted from the left."""
    return wrapped(BITS, b"\0" + sum(1 << (31 - each) for each in numbers).to_bytes(4, "big"))


def listed(*values: bytes) -> bytes:
    """A SEQUENCE OF."""
    return wrapped(SEQUENCE, b"".join(values))


def fields(values: dict[int, bytes]) -> bytes:
    """A SEQUENCE whose fields bear the numbers."""
    return listed(*(wrapped(0xA0 | number, value) for number, value in sorted(values.items())))


def application(number: int, content: bytes) -> bytes:
    """The value that an application knows by its own ``number``."""
    return wrapped(0x60 | number, content)


def parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element in ``content``. Raises :class:`ValueError` for what is cut off."""
    while content:
        head, length = 2, content[1] if len(content) > 1 else _SHORT
        if length >= _SHORT:
            head += length - _SHORT
            length = int.from_bytes(content[2:head], "big")
            if not 2 < head <= min(len(content), 6):
                raise ValueError("a length that is none")
        if len(content) < head + length:
            raise ValueError("cut off")
        yield content[0], content[head : head + length]
        content = content[head + length :]


def only(tag: int, content: bytes) -> bytes:
    """The content of the single element ``content`` is. Raises :class:`ValueError` for another tag."""
    ((found, inside),) = parts(content)
    if found != tag:
        raise ValueError(f"tag {found:#x} where {tag:#x} is due")
    return inside


def numbered(content: bytes) -> dict[int, bytes]:
    """The fields of a SEQUENCE by their numbers."""
    return {tag & 0x1F: value for tag, value in parts(only(SEQUENCE, content))}


def known_by(number: int, content: bytes) -> dict[int, bytes]:
    """The fields of what is known by an application's ``number``."""
    return numbered(only(0x60 | number, content))


def number(content: bytes) -> int:
    """An INTEGER's value."""
    return int.from_bytes(only(INTEGER, content), "big", signed=True)


def moment(content: bytes) -> datetime:
    """A KerberosTime's value, UTC."""
    return datetime.strptime(only(TIME, content).decode("ascii"), _FORMAT).replace(tzinfo=timezone.utc)
