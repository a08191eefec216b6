"""Writers: a gateway or service signs what it sends, and whoever validates a message knows it by its secret."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import NamedTuple

from conf.refusal import Refusal
from conf.settings import Settings

WRITER, SIGNATURE = "solera-writer", "solera-signature"
"""Headers of a message that is signed."""


class NoSecret(Refusal):
    """A writer is named and its secret is not there; the text says where it comes from."""


def secret_file(settings: Settings, writer: str) -> Path:
    """The file of ``writer``'s secret on the machine that validates."""
    return settings.home / "secrets" / "writers" / writer


def known(settings: Settings) -> dict[str, bytes]:
    """The secret of each writer whose signature counts here."""
    folder = secret_file(settings, "")
    return {path.name: path.read_bytes().strip() for path in folder.iterdir()} if folder.is_dir() else {}


def own(settings: Settings) -> tuple[str, bytes] | None:
    """The writer as which this process sends, and its secret; None where it signs nothing. Raises :class:`NoSecret`."""
    writer, secret = settings.writer.name, settings.writer.secret.get_secret_value()
    if not writer:
        return None
    if secret:
        return writer, secret.encode()
    try:
        return writer, secret_file(settings, writer).read_bytes().strip()
    except FileNotFoundError:
        raise NoSecret(
            f"Writer {writer} has no secret: `solera register` makes it in {secret_file(settings, writer)}; "
            "give it to that gateway as SOLERA_WRITER__SECRET."
        ) from None


def signature(secret: bytes, topic: str, value: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104) of a message and its topic."""
    return hmac.digest(secret, topic.encode() + b"\n" + value, "sha256")


class Signed(NamedTuple):
    """A message, and who its headers say has written it."""

    topic: str = ""
    value: bytes | None = None
    writer: bytes | None = None
    signature: bytes | None = None

    def is_of(self, writer: str, secret: bytes | None) -> bool:
        """Whether ``writer``, whose ``secret`` that is, has signed the message."""
        if secret is None or self.signature is None or self.writer != writer.encode():
            return False
        return hmac.compare_digest(signature(secret, self.topic, self.value or b""), self.signature)


UNSIGNED = Signed()
