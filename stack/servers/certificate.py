"""The certificate of this machine's Cassandra: whoever would join as a node shows it, and nobody else has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conf.logins import password_file
from conf.settings import Settings
from serving_layer.access.token import read_or_make
from stack.downloads import java


def keystore(settings: Settings) -> Path:
    """The file of the certificate and its key."""
    return settings.home / "secrets" / "cassandra.p12"


def have_certificate(settings: Settings) -> None:
    """Make the certificate where there is none."""
    path, password = keystore(settings), password_file(settings, "keystore")
    if path.is_file():
        return
    read_or_make(password)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    tool = java.home(settings) / "bin" / "keytool"
    names = ("-alias", "solera", "-dname", "CN=solera", "-keyalg", "EC", "-validity", "36500")
    store = ("-storetype", "PKCS12", "-keystore", str(part), "-storepass:file", str(password))
    command = (str(tool), "-genkeypair", *names, *store)
    subprocess.run(command, check=True, capture_output=True, text=True, umask=0o077)  # noqa: S603
    part.replace(path)
