"""The bearer token that opens ``/v1``."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from serving_layer.api.problems import Refused

_bearer = HTTPBearer(auto_error=False, description="The token `solera up` makes in `.solera/token`.")


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
    """Refuse a request without the token (401); compared in constant time."""
    expected: str = request.app.state.token
    if given is None or not hmac.compare_digest(given.credentials.encode(), expected.encode()):
        raise Refused(
            401,
            "no-token" if given is None else "wrong-token",
            f"Send the header 'Authorization: Bearer <token>' with the token in {request.app.state.token_place}.",
            {"WWW-Authenticate": "Bearer"},
        )
