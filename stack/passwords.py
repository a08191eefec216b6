"""Secrets of one machine, made where there are none and readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from conf import logins
from conf.settings import Settings


def make_secret(path: Path) -> None:
    """Write a random secret to ``path``; one that is there stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")


def make_passwords(settings: Settings) -> None:
    """Make the password of each server of this machine, before the first start of any."""
    for server in logins.SERVERS:
        make_secret(logins.password_file(settings, server))
