"""The unit files by systemd's own checks, and that they name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conf import load_settings

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "conf" / "systemd"
UNIT, GATEWAY = FOLDER / "solera.service", FOLDER / "solera-gateway.service"
needed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


@needed
@pytest.mark.parametrize("unit", [UNIT, GATEWAY], ids=lambda path: str(path.stem))
@pytest.mark.parametrize(
    ("broken", "is_good"), [("", True), ("Restart=sometimes\n", False), ("Exec=/bin/true\n", False)]
)
def test_systemd_takes_it(tmp_path: Path, unit: Path, broken: str, is_good: bool) -> None:
    here = re.sub(r"/opt/[\w/.-]+/bin/\w+", shutil.which("true") or "/bin/true", unit.read_text())
    (tmp_path / unit.name).write_text(here.replace("[Service]\n", f"[Service]\n{broken}"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True, check=False
    )
    assert (verified.returncode == 0 and not verified.stderr) is is_good, verified.stderr


@needed
@pytest.mark.parametrize(("bared", "is_good"), [("", True), ("ProtectSystem", False)])
def test_a_gateway_may_do_little_else(tmp_path: Path, bared: str, is_good: bool) -> None:
    """By systemd's own score, of which 10 is bare and 2 is well kept."""
    kept = [line for line in GATEWAY.read_text().splitlines() if not bared or not line.startswith((bared, "Dynamic"))]
    (tmp_path / GATEWAY.name).write_text("\n".join(kept))
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / GATEWAY.name)]
    scored = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (scored.returncode == 0) is is_good, scored.stdout[-200:] + scored.stderr


def test_it_names_the_watch_of_the_default_home() -> None:
    (named,) = [line for line in UNIT.read_text().splitlines() if line.startswith("PIDFile=")]
    home = load_settings(port_offset=0).home
    assert named == f"PIDFile=/opt/solera/{home.relative_to(ROOT)}/run/watch.pid"
