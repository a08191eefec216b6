"""Recorded messages, one a line (JSON Lines, ``.gz`` too), as they stand: nothing is validated or changed here."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from conf.refusal import Refusal
from energy.topics import TOPICS
from ingest.publishing.message import Message

_GZIP = b"\x1f\x8b"


class ReplayError(Refusal):
    """A file that can't be replayed to its end; the text says which, and why."""


def lines(path: Path, longest: int, read: Callable[[int], None] = lambda _bytes: None) -> Iterator[bytes]:
    """The lines of ``path`` without their line feeds, unpacked if it is gzip.

    ``read`` takes the number of the file's bytes read so far. Raises :class:`ReplayError` for a file that can't be
    read, is cut off, or has a line longer than ``longest`` bytes.
    """
    try:
        with path.open("rb") as file:
            packed = file.peek(2)[:2] == _GZIP
            source = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
            number = 0
            while line := source.readline(longest + 2):
                number += 1
                line = line.removesuffix(b"\n")
                if len(line) > longest:
                    raise ReplayError(f"{path}, line {number}: longer than the {longest} bytes Kafka takes")
                yield line
                if number % 1000 == 0:
                    read(file.tell())
            read(file.tell())
    except (OSError, EOFError, zlib.error) as error:
        raise ReplayError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None


def keyed(topic: str, line: bytes) -> Message:
    """``line`` with the key its record names; without key where it names none, for the quarantine to say why."""
    field = TOPICS[topic].message_key if topic in TOPICS else None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Message(topic, None, line)
    key = record.get(field) if isinstance(record, dict) else None
    return Message(topic, key.encode("utf-8", errors="surrogatepass") if isinstance(key, str) and key else None, line)
