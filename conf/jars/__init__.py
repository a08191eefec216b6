"""The pinned jars: one ``<name>.lock`` a server, each line Maven coordinates, sha1 and size in bytes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from conf.place import CONF_DIR

LOCK_DIR = CONF_DIR / "jars"


class Jar(NamedTuple):
    """One artifact as the lock file states it."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha1: str
    size: int

    @property
    def path(self) -> str:
        """Path below the root of any Maven repository."""
        tail = f"-{self.classifier}" if self.classifier else ""
        name = f"{self.artifact}-{self.version}{tail}.jar"
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{name}"


def locked(name: str) -> list[Jar]:
    """The jars of ``<name>.lock``, in its order."""
    lines = (LOCK_DIR / f"{name}.lock").read_text().splitlines()
    return [_parse(line) for line in lines if line and not line.startswith("#")]


def _parse(line: str) -> Jar:
    coordinates, sha1, size = line.split()
    group, artifact, version, *classifier = coordinates.split(":")
    return Jar(group, artifact, version, "".join(classifier), sha1, int(size))


def paths(name: str, cache: Path) -> list[Path]:
    """Paths of a lock's jars in the cache of downloads, there or not."""
    return [cache / "jars" / jar.path for jar in locked(name)]
