"""The token in a home: one for all processes that start at once, and nobody else's to read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serving_layer.access.token import read_or_make


def test_all_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    for n in range(50):
        path = tmp_path / str(n) / "token"
        with ThreadPoolExecutor(8) as starting:
            (token,) = set(starting.map(read_or_make, [path] * 8))
        assert len(token) == 43
        assert path.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in path.parent.iterdir()] == ["token"]
