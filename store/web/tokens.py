"""The tokens of HTTP servers on disk: their hashes, in files that their owner alone can read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from store.reports import replace_text


def hashed(token: str) -> str:
    """The hash that is kept of ``token``: SHA-256, for a token of so many random bits needs no salt."""
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).hexdigest()


def replace_secret(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all, for its owner alone; the folder, too, where it is new."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_text(path, text)
    path.chmod(0o600)
