"""A gateway's light install: the libraries that the project's own dependencies come to, and no other, in a folder."""

from __future__ import annotations

import os
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conf.place import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]


def libraries() -> dict[str, Distribution]:
    """By their names all libraries that an install without extras brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, Distribution] = {}
    ahead = list(project["dependencies"])
    while ahead:
        wanted = Requirement(ahead.pop())
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker is not None and not wanted.marker.evaluate({"extra": ""})):
            continue
        found[name] = distribution(name)
        ahead += found[name].requires or []
    return found


def environment(folder: Path) -> dict[str, str]:
    """Of a Python started with ``-S``: it finds Solera, and those libraries by links in ``folder``, no other."""
    folder.mkdir()
    for each in libraries().values():
        for top in {file.parts[0] for file in each.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(each.locate_file(top))))
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}


def size_mb() -> float:
    """What they take on a disk, in MB, without the bytecode that Python adds."""
    files = [file.locate() for each in libraries().values() for file in each.files or [] if file.suffix != ".pyc"]
    return sum(Path(str(file)).stat().st_size for file in files if Path(str(file)).is_file()) / 1e6
