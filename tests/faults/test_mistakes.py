"""What a tired person does: the checkpoint deleted, a second speed job started. The values stay as they are."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.faults.audit import audit
from tests.support.faults.kills import BACK_WITHIN, is_fresh
from tests.support.faults.load import until
from tests.support.faults.world import World

TOGETHER_SECONDS = 45.0


def test_a_consumer_restarted_from_offset_0_doubles_nothing(whole: World) -> None:
    with whole.load("again") as load:
        until("the first readings are served", lambda: is_fresh(whole, load, 0, {}), BACK_WITHIN)
        time.sleep(15)
        driver = whole.pid("speed")
        os.kill(driver, signal.SIGSTOP)
        shutil.rmtree(whole.settings.home / "checkpoints" / "speed")
        os.kill(driver, signal.SIGKILL)
        number = load.number
        until("fresh data", lambda: is_fresh(whole, load, number, {}), BACK_WITHIN)
        with load.paused():
            assert audit(whole, load, 0).is_whole


@pytest.mark.parametrize("checkpoint", ["the same checkpoint", "its own checkpoint"])
def test_two_speed_jobs_leave_the_values_as_they_are(whole: World, checkpoint: str, tmp_path: Path) -> None:
    own = {"SOLERA_SPARK__CHECKPOINT": tmp_path.as_uri(), "SOLERA_HOME": str(tmp_path)} if "own" in checkpoint else {}
    with whole.load(checkpoint.replace(" ", "-")) as load:
        until("the first readings are served", lambda: is_fresh(whole, load, 0, {}), BACK_WITHIN)
        with (tmp_path / "second.log").open("wb") as log:
            second = subprocess.Popen(
                [sys.executable, "-m", "speed_layer.job"],
                env={**os.environ, **own},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            time.sleep(TOGETHER_SECONDS)
            os.killpg(second.pid, signal.SIGKILL)
            second.wait()
        number = load.number
        until("fresh data", lambda: is_fresh(whole, load, number, {}), BACK_WITHIN)
        with load.paused():
            # Two jobs count their batches under the same numbers, so the ledger says nothing of them.
            found = audit(whole, load, 0, with_ledger=False)
    assert found.is_whole, (found, (tmp_path / "second.log").read_text()[-2000:])
