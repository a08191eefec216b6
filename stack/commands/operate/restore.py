"""``solera restore``: fills an empty stack from a backup."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console

from conf import load_settings
from stack.commands.operate.backup import uri


def restore(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="What `solera backup` made, or its URI.")],
) -> None:
    """Fill an empty stack from the backup in DIR, whose every file is checked first; killed, do it again.

    The servers alone must run. What the backup knows is answered as it was; the next night goes on from there.

    Example: solera up --only servers && solera restore /mnt/usb/solera-2026-11-26 && solera up
    """
    # Spark takes seconds to import; the help should not.
    from batch_layer.backup.restore import restore
    from store.spark import session

    settings, console, began = load_settings(), Console(highlight=False, markup=False), time.monotonic()
    made = restore(session(settings, "solera restore"), settings, uri(folder), console.print)
    console.print(f"Restored what was there at {made.made_at} ({time.monotonic() - began:.0f} s); `solera up` goes on.")
