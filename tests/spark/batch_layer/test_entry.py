from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import batch_layer

FOLDER = Path(batch_layer.__file__).parent


@pytest.mark.parametrize("step", ["totals", "nightly"])
def test_a_step_runs_from_its_own_folder(step: str) -> None:
    """The folder of the steps lies on the path before the package energy."""
    done = subprocess.run(
        [sys.executable, f"{step}.py", "--help"], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--date" in done.stdout


def test_ctrl_c_stays_pythons_own_beside_a_session(spark: SparkSession) -> None:
    """Spark's own handler fails once its session is stopped."""
    assert spark.version
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
