"""docs/cluster.md names the jobs that there are, ships to the executors what they import, and is what is rehearsed."""

from __future__ import annotations

import re
import shlex
from datetime import date

import pytest

from batch_layer.schedule import STEPS
from conf import load_settings
from conf.place import CONF_DIR
from tests.cluster import document
from tests.support import house

DOCUMENT = (house.ROOT / "docs/cluster.md").read_text()


def test_the_zip_has_every_package_of_the_jobs() -> None:
    shipped = re.findall(r"^git archive .* HEAD (.*)$", DOCUMENT, re.MULTILINE)
    arrows = house.imports()
    wanted = {"speed_layer", "batch_layer"}
    for module in [name for name in arrows if name.split(".")[0] in wanted]:
        wanted |= {other.split(".")[0] for other in house.reached(arrows, module)}
    assert [set(line.split()) for line in shipped] == [wanted]


def test_the_document_names_the_steps_of_the_night_in_their_order() -> None:
    whole = ["speed_layer/job.py", "batch_layer/nightly.py"]
    assert jobs("## YARN") == [*whole, *(f"batch_layer/{step}.py" for step in STEPS)]
    assert jobs(document.OWN.heading) == whole


def jobs(chapter: str) -> list[str]:
    """The jobs that a chapter submits, in its order."""
    submitted = [shlex.split(line) for block in document.blocks(chapter) for line in lines(block)]
    return [word for words in submitted for word in words if word.endswith(".py")]


def lines(block: str) -> list[str]:
    return [line for line in block.splitlines() if line.startswith("$SUBMIT ")]


@pytest.mark.parametrize("chapter", ["## YARN", document.OWN.heading])
def test_a_submission_gives_the_driver_the_memory_of_the_file(chapter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under spark-submit memory is the submission's alone."""
    monkeypatch.setenv("SOLERA_CONF", str(CONF_DIR / "yarn.toml"))
    text = "".join(document.blocks(chapter))
    assert re.findall(r"--driver-memory (\S+)", text) == [load_settings().spark.driver_memory]


@pytest.mark.parametrize("chapter", [document.OWN, document.YARN], ids=lambda each: each.heading)
@pytest.mark.parametrize("job", [document.SPEED, document.NIGHT])
def test_the_rehearsal_submits_the_line_of_the_document(job: str, chapter: document.Chapter) -> None:
    """Only places, sizes, the date and where the jars come from are its own."""
    script = document.submission(chapter, job, load_settings(), date(2026, 11, 26))
    text = "".join(document.blocks(chapter.heading))
    for theirs, own in (chapter.places | chapter.sizes | {document.DATE: "2026-11-26"}).items():
        assert theirs in text, f"docs/cluster.md no longer has {theirs}"
        assert theirs not in script or theirs in own
    (line,) = [line for line in lines(document.blocks(chapter.heading)[-1]) if job in line]
    kept = {word for word in shlex.split(line) if word.startswith("--")} - {"--packages"}
    assert kept <= set(script.split())
    assert script.splitlines()[-1].startswith("exec $SUBMIT ")
    assert "example.org" not in script


def test_the_rehearsal_readies_by_the_lines_of_the_document() -> None:
    script, whole = document.ready_once(), document.blocks(document.ONCE)[1]
    assert script.splitlines()[-1] == whole.splitlines()[-1] == "python -m stack.cluster"
    assert "…" not in script
    assert "SOLERA_CONF=conf/yarn.toml" in script
    given = set(re.findall(r"(\w+_PASSWORD)=…", whole))
    assert {"SPEED_PASSWORD", "BATCH_PASSWORD", "SERVING_PASSWORD", "INGEST_PASSWORD", "ANALYST_PASSWORD"} <= given
    datacenter = load_settings().cassandra.datacenter
    assert document.replicate_logins(load_settings()).endswith(f"'{datacenter}': 3}}")
