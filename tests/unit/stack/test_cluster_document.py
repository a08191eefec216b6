"""What docs/cluster.md ships to the executors is what the jobs import."""

from __future__ import annotations

import re

from tests.support import house


def test_the_zip_has_every_package_of_the_jobs() -> None:
    shipped = re.findall(r"^git archive .* HEAD (.*)$", (house.ROOT / "docs/cluster.md").read_text(), re.MULTILINE)
    arrows = house.imports()
    wanted = {"speed_layer", "batch_layer"}
    for module in [name for name in arrows if name.split(".")[0] in wanted]:
        wanted |= {other.split(".")[0] for other in house.reached(arrows, module)}
    assert [set(line.split()) for line in shipped] == [wanted]
