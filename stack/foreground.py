"""``python -m stack.foreground SERVICE``: becomes one service of the stack, as a container runs it.

The command is the one `solera up` starts, so the two stacks can't drift apart. The service's log is its output.
"""

from __future__ import annotations

import os
import sys

from conf import load_settings
from stack.services import services


def main(arguments: list[str]) -> None:
    """Become the service; exits with one sentence where there is none of that name."""
    known = services(load_settings())
    if len(arguments) != 1 or arguments[0] not in known:
        sys.exit(f"Name one service: {', '.join(known)}.")
    service = known[arguments[0]]
    service.prepare()
    os.execvpe(service.command[0], service.command, {**os.environ, **service.environment})  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
