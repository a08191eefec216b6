"""The API held to its own OpenAPI document by schemathesis, for ten minutes or ``CONTRACT_SECONDS``.

Runs against the stack that is up (``make demo`` leaves one). Bar: no error of the server (5xx), no breach of contract.
"""

from __future__ import annotations

import os
import sys

from conf import load_settings
from serving_layer.access.token import token_of
from tests.support import contract

SECONDS = int(os.environ.get("CONTRACT_SECONDS", "600"))


def main() -> int:
    """Print what schemathesis finds; 1 where it finds anything."""
    settings = load_settings()
    base = f"http://{settings.api.host}:{settings.api.port}"
    kept = contract.is_kept(base, token_of(settings), SECONDS, examples=100)
    print("No 5xx, no breach of contract." if kept else "Errors of the server or breaches of contract: see above.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
