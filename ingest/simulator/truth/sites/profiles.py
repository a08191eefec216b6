"""The table of profiles: what a home, a farm or a park uses, little, as usual or much, and what may be there besides.

Powers in W. Those of farms and parks are of one of the usual size of their kind, and grow with their panels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ingest.simulator.truth.sites.loads import Above, Below, Bump, Load, Runs, Steady

Use = Literal["low", "medium", "high"]
Appliance = Literal["heat pump", "EV", "pool", "pumping"]

USUAL_KW = {"home": 4.0, "farm": 60.0, "park": 1_000.0}
"""Capacity of the panels by kind, where none is stated."""
GROWS = ("farm", "park")
"""Kinds whose use grows with their panels."""
USES: Mapping[tuple[str, Use], Sequence[Load]] = {
    ("home", "low"): (Steady(90), Bump(250, 8, 1.0), Bump(450, 21.5, 1.4), Runs(1_500, 15, 0.03, (8, 23))),
    ("home", "medium"): (Steady(180), Bump(500, 8, 1.0), Bump(900, 21, 1.6), Runs(1_800, 15, 0.06)),
    ("home", "high"): (
        Steady(320), Bump(900, 7.5, 1.2), Bump(700, 14.5, 1.5), Bump(1_700, 21, 1.8), Runs(2_600, 15, 0.12, (7, 24)),
    ),
    ("farm", "low"): (Steady(300), Bump(1_500, 7, 1.5)),
    ("farm", "medium"): (Steady(800), Bump(4_000, 7, 1.5), Bump(3_000, 19, 1.5)),
    ("farm", "high"): (Steady(2_500), Bump(9_000, 7, 2.0), Bump(8_000, 19, 2.0), Above(900, 22, 12_000)),
    ("park", "low"): (Steady(2_000),),
    ("park", "medium"): (Steady(5_000),),
    ("park", "high"): (Steady(8_000), Above(400, 28, 6_000)),
}  # fmt: skip
APPLIANCES: Mapping[Appliance, Sequence[Load]] = {
    "heat pump": (Below(130, 17, 2_800), Above(150, 26, 1_800)),
    "EV": (Runs(7_400, 120, 0.45, (0, 6)),),
    "pool": (Runs(1_100, 60, 0.95, (11, 17), (5, 9)),),
    "pumping": (Runs(15_000, 60, 0.6, (7, 20), (3, 10)), Runs(15_000, 60, 0.1, (8, 14), (11, 12))),
}
USUAL: Mapping[str, Sequence[Appliance]] = {"farm": ("pumping",)}
"""Appliances where nothing is said."""
