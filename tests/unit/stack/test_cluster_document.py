"""docs/cluster.md names the jobs that there are, and ships to the executors what they import."""

from __future__ import annotations

import re
import shlex

from batch_layer.schedule import STEPS
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
    submitted = [shlex.split(line) for line in re.findall(r"^\$SUBMIT (.*)$", DOCUMENT, re.MULTILINE)]
    jobs = [word for words in submitted if "local:///" not in words[-1] for word in words if word.endswith(".py")]
    assert jobs == ["speed_layer/job.py", "batch_layer/nightly.py", *(f"batch_layer/{step}.py" for step in STEPS)]
