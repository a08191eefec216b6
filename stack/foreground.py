"""``python -m stack.foreground SERVICE``: runs one service of the stack until it ends, as a container does.

The command is the one `solera up` starts, so the two stacks can't drift apart; what the service needs to be of use
is made once it answers, and its log is this process's output. It is asked for as long as it runs: each answer renews
:data:`stack.process.ANSWERED`, and one that gives none is ended, so that whoever runs the container starts it again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from conf import load_settings
from stack.process import ANSWERED, Service
from stack.services import services

ASK_SECONDS = 15.0
STARTED_SECONDS = 900.0
"""Longest start of a service: to end one that a busy machine makes slow makes it slower."""
SILENT_SECONDS = 180.0
"""A service that has served and then gives no answer for so long hangs."""


def main(arguments: list[str]) -> int:
    """Run the service and return its exit code; one sentence and 2 where there is none of that name."""
    known = services(load_settings())
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"Name one service: {', '.join(known)}.", file=sys.stderr)
        return 2
    return run(known[arguments[0]], ANSWERED)


def run(service: Service, answered: Path) -> int:
    """Run the service until it ends, SIGTERM asks it to, or it hangs; its exit code. ``answered`` is renewed."""
    # An answer of the last life must not speak for this one.
    answered.unlink(missing_ok=True)
    service.prepare()
    process = subprocess.Popen(service.command, env={**os.environ, **service.environment})  # noqa: S603
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda number, _frame: process.send_signal(number))
    asking = Asking(service, answered)
    asking.start()
    while True:
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if asking.is_overdue():
                print(f"{service.name} gives no answer; it is ended", file=sys.stderr, flush=True)
                process.kill()


class Asking(threading.Thread):
    """Asks a service whether it serves, and remembers until when the next answer is due."""

    def __init__(self, service: Service, answered: Path) -> None:
        super().__init__(name=f"asking-{service.name}", daemon=True)
        self._service, self._answered = service, answered
        self._due = time.monotonic() + STARTED_SECONDS

    def is_overdue(self) -> bool:
        """Whether the service was to have answered by now."""
        return time.monotonic() > self._due

    def run(self) -> None:
        """Ask what makes it of use until it serves, then every :data:`ASK_SECONDS` whether it still does."""
        while not self._has_answer(self._service.ready):
            time.sleep(2)
        while True:
            time.sleep(ASK_SECONDS)
            self._has_answer(self._service.answers or self._service.ready)

    def _has_answer(self, ask: Callable[[], None]) -> bool:
        try:
            ask()
        except Exception as error:  # it does not serve, in whatever way its client says that
            print(f"{self._service.name}: {error}", file=sys.stderr, flush=True)
            return False
        self._due = time.monotonic() + SILENT_SECONDS
        self._answered.touch()
        return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
