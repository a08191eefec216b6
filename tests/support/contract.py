"""An API that runs, held to its own OpenAPI document by schemathesis: errors of the server, breaches of contract."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Which of two instants is earlier, how far apart they may be, and the name of a zone are no matter of a schema: what it
# allows may be refused all the same.
CONFIG = """
headers = { Authorization = "Bearer ${CONTRACT_TOKEN}" }
[checks]
positive_data_acceptance.enabled = false
"""


def is_kept(base: str, token: str, seconds: float, examples: int) -> bool:
    """Whether the API at ``base`` keeps its contract, whatever of what its document allows and forbids it is asked.

    Asks again, by other seeds, until so many seconds are over: ``examples`` of each path and kind in a round. What is
    found stands on standard output.
    """
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(CONFIG, encoding="utf-8")
        command = [
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config), "--no-color"),
            *("run", f"{base}/openapi.json", "--phases=examples,coverage,fuzzing", "--continue-on-failure"),
            *(f"--max-examples={examples}", "--suppress-health-check=all"),
        ]
        environment = {**os.environ, "CONTRACT_TOKEN": token}
        while True:
            if subprocess.run(command, env=environment, cwd=folder, check=False).returncode != 0:
                return False
            if time.monotonic() >= end:
                return True
