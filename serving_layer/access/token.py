"""The bearer token that opens ``/v1``."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from conf.refusal import Refusal

_bearer = HTTPBearer(auto_error=False, description="The token `solera up` makes in `.solera/token`.")


class NoToken(Refusal):
    """A request without a token."""

    kind = "no-token"
    status = 401
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"WWW-Authenticate": "Bearer"})


class WrongToken(NoToken):
    """A request with a token that is not ours."""

    kind = "wrong-token"


def read_or_make(path: Path) -> str:
    """The token in ``path``; where there is none, a new one that only this user can read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    token = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    return token


def token_required(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """Refuse a request without the token; compared in constant time. Raises :class:`NoToken`, :class:`WrongToken`."""
    expected: str = request.app.state.token
    say = f"Send the header 'Authorization: Bearer <token>' with the token in {request.app.state.token_place}."
    if given is None:
        raise NoToken(say)
    if not hmac.compare_digest(given.credentials.encode(), expected.encode()):
        raise WrongToken(say)
