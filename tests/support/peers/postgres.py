"""A PostgreSQL server of the machine's own packages (Debian: ``apt-get install postgresql``), on loopback."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PACKAGED = Path("/usr/lib/postgresql")
PASSWORD = "a-password-of-this-test"  # noqa: S105


def binaries() -> Path:
    """The folder of initdb and pg_ctl; skips the test where the machine has none."""
    packaged = sorted(PACKAGED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = packaged[-1] if packaged else shutil.which("initdb")
    if found is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    return Path(found).parent


@contextmanager
def postgres(port: int) -> Iterator[str]:
    """Such a server at ``port``; its address as libpq takes it, which names no password."""
    programs = binaries()
    # The server refuses to run as root; the account that its package makes may.
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    with tempfile.TemporaryDirectory(prefix="solera-postgres-") as folder:
        home, kept = Path(folder), Path(folder) / "password"
        kept.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (home, kept):
                shutil.chown(path, user)

        def run(*command: str) -> None:
            who = user if os.geteuid() == 0 else None
            subprocess.run(
                [str(programs / command[0]), *command[1:]], check=True, user=who, cwd=home, stdout=subprocess.DEVNULL
            )

        data = str(home / "data")
        run("initdb", "-D", data, "-U", "solera", "-A", "scram-sha-256", f"--pwfile={kept}", "-E", "UTF8")
        options = f"-p {port} -h 127.0.0.1 -k {home}"
        run("pg_ctl", "-D", data, "-o", options, "-l", str(home / "log"), "-w", "start")
        try:
            yield f"host=127.0.0.1 port={port} user=solera dbname=postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
