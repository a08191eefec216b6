"""``python -m stack.foreground SERVICE``: runs one service of the stack until it ends, as a container does.

The command is the one `solera up` starts, so the two stacks can't drift apart; what the service needs to be of use
is made once it answers, and its log is this process's output.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from conf import load_settings
from stack.process import Service
from stack.services import services


def main(arguments: list[str]) -> int:
    """Run the service and return its exit code; one sentence and 2 where there is none of that name."""
    known = services(load_settings())
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"Name one service: {', '.join(known)}.", file=sys.stderr)
        return 2
    return run(known[arguments[0]])


def run(service: Service) -> int:
    """Run the service until it ends or SIGTERM asks it to; its exit code."""
    service.prepare()
    process = subprocess.Popen(service.command, env={**os.environ, **service.environment})  # noqa: S603
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda number, _frame: process.send_signal(number))
    while process.poll() is None:
        try:
            service.ready()
            break
        except Exception as error:  # it does not serve yet, in whatever way its client says that
            print(f"{service.name}: {error}", file=sys.stderr, flush=True)
            time.sleep(2)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
