"""A real Node-RED (npm's node-red, below NODE_PATH) that runs one flow on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.peers.modbus_device import free_port


def program() -> Path | None:
    """Its script; None where it is not installed, or Node is not."""
    folders = [Path(each) for each in os.environ.get("NODE_PATH", "").split(os.pathsep) if each]
    found = [folder / "node-red/red.js" for folder in folders if (folder / "node-red/red.js").exists()]
    return found[0] if found and shutil.which("node") else None


@contextmanager
def node_red(folder: Path, flow: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> Iterator[None]:
    """It at work on ``flow`` in ``folder``; its log stands there."""
    (folder / "flows.json").write_text(json.dumps(flow))
    (folder / "settings.js").write_text('module.exports = {uiHost: "127.0.0.1", flowFile: "flows.json"}')
    command = ["node", str(program()), "-u", str(folder), "-s", str(folder / "settings.js"), "-p", str(free_port())]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, env=os.environ | dict(environment), stdout=log, stderr=log)
        try:
            yield
        finally:
            running.terminate()
            running.wait(20)
