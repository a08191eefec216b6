"""The pinned jars of a server, from the cache, Maven's local repository, or the network."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from conf import jars
from conf.settings import Settings
from stack.downloads import maven
from stack.downloads.download import Download, fetch_all, intact


def fetch(settings: Settings, *names: str, console: Console | None = None) -> list[Path]:
    """Have every jar of the named locks in the cache, each checked; says what it downloads and how much.

    Raises ``NotDownloaded``.
    """
    locked = {jar.path: jar for name in names for jar in jars.locked(name)}
    missing = [jar for jar in locked.values() if not _have(settings.cache, jar)]
    if missing:
        source = maven.repository(settings)
        wanted = [
            Download(f"{source.url}/{jar.path}", settings.cache / "jars" / jar.path, f"sha1:{jar.sha1}", jar.size)
            for jar in missing
        ]
        download(wanted, f"{len(wanted)} jars of {', '.join(names)}", console, source.headers, source.proxy)
    return [settings.cache / "jars" / path for path in locked]


def _have(cache: Path, jar: jars.Jar) -> bool:
    kept = cache / "jars" / jar.path
    if intact(kept, f"sha1:{jar.sha1}"):
        return True
    local = Path.home() / ".m2" / "repository" / jar.path
    if not intact(local, f"sha1:{jar.sha1}"):
        return False
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_name(kept.name + ".part")
    shutil.copyfile(local, part)
    part.replace(kept)
    return True


def download(
    wanted: Sequence[Download],
    what: str,
    console: Console | None = None,
    headers: dict[str, str] | None = None,
    proxy: str | None = None,
) -> None:
    """Fetch the files with a progress bar that says what and how much."""
    total = sum(each.size for each in wanted)
    console = console or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    if not console.is_terminal:
        console.print(f"Downloading {what}, {total / 1e6:.0f} MB", highlight=False)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Downloading {what}", total=total)
        fetch_all(list(wanted), lambda size: progress.update(task, advance=size), headers, proxy)
