"""Validation of a message as a reading of a known device: the record's own rules first, then the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from conf.writers import Signed
from energy.energy_row import from_us
from energy.topics import TOPICS, check_size
from store.catalogue import Catalogue


class Message(NamedTuple):
    """A message of topic ``readings`` where it stands in the log."""

    partition: int
    offset: int
    received_us: int
    """The broker's time of arrival, microseconds since 1970 UTC."""
    payload: bytes | None
    """The bytes; of a message above the size limit only the beginning."""
    size: int
    """The true size in bytes."""
    is_replayed: bool = False
    writer: bytes | None = None
    signature: bytes | None = None
    """The signature of its writer, as its headers say."""


def validate(message: Message, catalogue: Catalogue) -> dict[str, Any]:
    """The reading in ``message``. Raises :class:`energy.topics.Rejected` with the reason."""
    return validate_with_dropped(message, catalogue)[0]


def validate_with_dropped(message: Message, catalogue: Catalogue) -> tuple[dict[str, Any], Mapping[str, str]]:
    """:func:`validate`, and why each side field that was out of range has been left out of the reading."""
    check_size(message.size)
    received_at = from_us(message.received_us)
    reading, dropped = TOPICS["readings"].parse_with_dropped(message.payload, received_at, message.is_replayed)
    catalogue.check(reading, Signed("readings", message.payload, message.writer, message.signature))
    catalogue.check_retractions(reading, received_at)
    return reading, dropped
