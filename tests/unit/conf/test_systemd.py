"""The unit file by systemd's own check, and that it names what there is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from conf import load_settings

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "conf" / "systemd" / "solera.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize(
    ("broken", "is_good"), [("", True), ("Restart=sometimes\n", False), ("Exec=/bin/true\n", False)]
)
def test_systemd_takes_it(tmp_path: Path, broken: str, is_good: bool) -> None:
    here = UNIT.read_text().replace("/opt/solera/.venv/bin/solera", shutil.which("true") or "/bin/true")
    (tmp_path / "solera.service").write_text(here.replace("[Service]\n", f"[Service]\n{broken}"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "solera.service"], capture_output=True, text=True, check=False
    )
    assert (verified.returncode == 0 and not verified.stderr) is is_good, verified.stderr


def test_it_names_the_watch_of_the_default_home() -> None:
    (named,) = [line for line in UNIT.read_text().splitlines() if line.startswith("PIDFile=")]
    home = load_settings(port_offset=0).home
    assert named == f"PIDFile=/opt/solera/{home.relative_to(ROOT)}/run/watch.pid"
