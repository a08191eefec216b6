"""The token that opens every door: the API's bearer, the page's login, the password of SQL."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from conf import Settings


def token_of(settings: Settings) -> str:
    """The token of the settings, else the one in ``<home>/token``, made where there is none."""
    return settings.api.token.get_secret_value() or read_or_make(settings.home / "token")


def page_link(settings: Settings) -> str:
    """The page's address with the token that opens it: for the eyes of whoever runs Solera."""
    return f"http://{settings.api.host}:{settings.api.port}/login?token={token_of(settings)}"


def read_or_make(path: Path) -> str:
    """The token in ``path``; where there is none, a new one that only this user can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Two processes may make it at once: whoever links first has made it, whole.
        descriptor, mine = tempfile.mkstemp(dir=path.parent, prefix="token.")
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        with suppress(FileExistsError):
            os.link(mine, path)
        Path(mine).unlink()
    return path.read_text().strip()
