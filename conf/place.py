"""The folder of ``conf``: a zip that Spark puts before the checkout holds its files where no path leads."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import zipfile
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _unpacked() -> Path:
    folder = tempfile.mkdtemp(prefix="solera-conf-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with zipfile.ZipFile(_HERE.parent) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("conf/")])
    return Path(folder) / "conf"


CONF_DIR = _HERE if _HERE.is_dir() else _unpacked()
ROOT = _HERE.parent if _HERE.is_dir() else Path.cwd()
"""The folder of the settings' relative paths: the checkout, or the one where a job that came as a zip was submitted."""
