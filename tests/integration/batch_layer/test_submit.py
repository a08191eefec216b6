"""Every job by the real spark-submit, with the words of docs/cluster.md; the servers are this machine's."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyspark
import pytest

from batch_layer.schedule import STEPS
from conf import Settings, java
from store import cassandra
from store.spark import connector_jars
from tests.support import batch_world as world
from tests.support.speed_world import until

ROOT = Path(__file__).parents[3]
SPARK_SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"
AIRFLOW = os.environ.get("SOLERA_AIRFLOW", "")
HOME = "submitted"
PATIENCE_SECONDS = 400


class Submitted(NamedTuple):
    """A job at work and where it writes."""

    process: subprocess.Popen[bytes]
    log: Path


Submit = Callable[..., Submitted]


class Submission(NamedTuple):
    """spark-submit with its options, the environment it reads, and a folder for logs."""

    words: list[str]
    environ: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def submission(own_stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Submission:
    """A submission as the document's: master, jars and the code's zip are options of it."""
    folder = tmp_path_factory.mktemp("submit")
    archive = re.search(r"^git archive .*$", (ROOT / "docs" / "cluster.md").read_text(), flags=re.MULTILINE)
    assert archive is not None
    command = shlex.split(archive[0].replace("solera.zip", str(folder / "solera.zip")))
    subprocess.run(command, cwd=ROOT, check=True)
    jars = ",".join(str(path) for path in connector_jars(own_stack))
    here = ["--master", "local[2]", "--py-files", str(folder / "solera.zip"), "--jars", jars]
    # A local master offers a core only when a task ends: one that waits for a nearer host would wait for ever.
    for setting in ("spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1", "spark.locality.wait=0s"):
        here += ["--conf", setting]
    more = {
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_PYTHON": sys.executable,
        "JAVA_HOME": str(java.find(own_stack.cache)),
        "SOLERA_SPARK__CHECKPOINT": (folder / "checkpoint").as_uri(),
        "SOLERA_SPARK__ENERGY_TRIGGER": "1s",
    }
    return Submission([str(SPARK_SUBMIT), *here], {**os.environ, **more}, folder)


@pytest.fixture(scope="module")
def submit(submission: Submission) -> Iterator[Submit]:
    """Starts a job as the document does."""
    started: list[Submitted] = []

    def start(path: str, *arguments: str) -> Submitted:
        words = [*submission.words, path, *arguments]
        log = submission.folder / f"{Path(path).stem}.log"
        with log.open("wb") as out:
            environ = submission.environ
            process = subprocess.Popen(words, cwd=ROOT, stdout=out, stderr=out, env=environ, start_new_session=True)
        started.append(Submitted(process, log))
        return started[-1]

    yield start
    for job in started:
        if job.process.poll() is None:
            os.killpg(job.process.pid, signal.SIGKILL)
            job.process.wait()


@pytest.mark.timeout(1800)
def test_steps_one_by_one_and_then_the_night_that_goes_on_from_there(submit: Submit, own_stack: Settings) -> None:
    world.register(own_stack, HOME)
    world.send(own_stack, "intervals", world.hours(HOME, world.CUT - timedelta(days=2), 72))
    days = [f"{world.CUT + timedelta(days=n):%Y-%m-%d}" for n in (0, 1)]
    for step in STEPS[:3]:
        finish(submit(f"batch_layer/{step}.py", "--date", days[0]))
    assert _published(own_stack) == 0
    for n, day in enumerate(days):
        night = submit("batch_layer/nightly.py", "--date", day)
        finish(night)
        assert [f"{step}: done before" in night.log.read_text() for step in STEPS[:3]] == 3 * [n == 0]
        assert _published(own_stack) == n + 1
    assert len([key for key in world.rows(own_stack, HOME) if key[0] == "generation"]) == 72 * 4


@pytest.mark.timeout(1800)
@pytest.mark.skipif(not AIRFLOW, reason="SOLERA_AIRFLOW names no bin folder of an environment with Airflow 3")
def test_airflow_runs_a_night(submission: Submission, own_stack: Settings) -> None:
    world.register(own_stack, "orchestrated")
    world.send(own_stack, "intervals", world.hours("orchestrated", world.CUT - timedelta(days=2), 72))
    before = _published(own_stack)
    environ = {
        **submission.environ,
        "AIRFLOW_HOME": str(submission.folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "conf" / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "PYTHONPATH": str(ROOT),
        "SOLERA_BIN": str(Path(sys.executable).parent),
        "SOLERA_SUBMIT": shlex.join(submission.words),
    }
    for words in (["db", "migrate"], ["dags", "test", "solera_night", f"{world.CUT + timedelta(days=2):%Y-%m-%d}"]):
        with (submission.folder / "airflow.log").open("wb") as out:
            done = subprocess.run(
                [f"{AIRFLOW}/airflow", *words], env=environ, stdout=out, stderr=out, timeout=1200, check=False
            )
        assert done.returncode == 0, (submission.folder / "airflow.log").read_text()[-3000:]
    assert _published(own_stack) == before + 1
    assert len([key for key in world.rows(own_stack, "orchestrated") if key[0] == "generation"]) == 72 * 4


def finish(job: Submitted) -> None:
    assert job.process.wait(PATIENCE_SECONDS) == 0, job.log.read_text()[-3000:]


def _published(settings: Settings) -> int:
    with cassandra.session(settings) as session:
        rows = session.execute("SELECT published FROM run WHERE name = 'nightly'")
        return sum(bool(row.published) for row in rows)


def test_the_speed_job_runs_until_it_is_told_to_end(submit: Submit, own_stack: Settings) -> None:
    world.register(own_stack, HOME)
    job = submit("speed_layer/job.py")
    report = own_stack.home / "run" / "speed.json"

    def holds() -> bool:
        assert job.process.poll() is None, job.log.read_text()[-3000:]
        read: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
        return bool(read.get("readings", {}).get("last_offsets"))

    first = world.CUT + timedelta(days=1)
    world.send(own_stack, "readings", world.ramp(HOME, first, 12, timedelta(minutes=5), 1200.0))
    until("the submitted job has read what was sent", holds, 240)
    os.killpg(job.process.pid, signal.SIGTERM)
    assert job.process.wait(60) in (0, 143)
