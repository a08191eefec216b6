"""The one kind of error that is meant for a person: at a terminal, in a log, or behind the API."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class Refusal(Exception):
    """Something a person can put right: its text is one sentence that says what is wrong, and what to do.

    The API answers it with ``status`` and a problem of type ``urn:solera:<kind>``; a command ends with ``exit_code``.
    """

    kind: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 1
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({})
