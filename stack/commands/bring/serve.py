"""``solera serve``: a simulated world at the doors at which real devices and services stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conf import load_settings


def serve(
    world: Annotated[Path, typer.Argument(help="The folder that `solera simulate` has written.")],
    speed: Annotated[
        float, typer.Option(min=0.001, help="How fast the world's clock goes; 1 is as fast as time.")
    ] = 60,
) -> None:
    """Serve the devices of WORLD by SunSpec, and by MQTT where mqtt.broker names one, until Ctrl-C.

    All is on loopback. The world's clock begins with its first day and stands still at its end. WORLD gets
    catalogue.yaml for `solera register` and `solera gateway check`, and push.yaml, the rules of MQTT.

    Example: solera serve world --speed 600
    """
    from ingest.simulator.doors.serving import serve as serving

    serving(world, load_settings(), speed, typer.echo)
