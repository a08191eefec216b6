"""Passwords of this machine's own servers."""

from __future__ import annotations

from conf import logins
from conf.settings import Settings
from serving_layer.access.token import read_or_make


def make_passwords(settings: Settings) -> None:
    """Make the password of each server where there is none, readable by its owner alone."""
    (settings.home / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
    for server in logins.SERVERS:
        read_or_make(logins.password_file(settings, server))
