"""Before the first step: the ingest layer asks the sources of weather and prices, in a process of its own.

Its answers reach the night through Kafka alone. Whatever becomes of it, the night goes on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ASKING_SECONDS = 900.0
"""AEMET's quota lets some 55 municipalities be asked in six minutes."""
COMMAND = (sys.executable, "-m", "ingest.sources")


@contextmanager
def sources_asked(
    report: Callable[[str], None], command: tuple[str, ...] = COMMAND, seconds: float = ASKING_SECONDS
) -> Iterator[None]:
    """Ask while the body runs, then wait at most ``seconds`` and report what came of it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    try:
        asking = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
    except OSError as error:
        report(f"sources: not asked: {error}")
        yield
        return
    try:
        yield
        said, _ = asking.communicate(timeout=seconds)
        for line in said.splitlines():
            report(line)
        if asking.returncode:
            report(f"sources: asking ended with exit code {asking.returncode}; the reasons stand above")
    except subprocess.TimeoutExpired:
        report(f"sources: not done after {seconds:g} s; the night goes on with what they gave")
    finally:
        asking.kill()
        asking.communicate()
