"""``python -m ingest.sources``: asks the sources for what is due; one line an outcome, exit code 0."""

from __future__ import annotations

import logging
import sys
from datetime import datetime, timezone

from conf import load_settings
from ingest.sources.asking import ask_sources


def main() -> int:
    """Ask once."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s", stream=sys.stderr)
    ask_sources(load_settings(), datetime.now(timezone.utc), lambda outcome: print(outcome, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
