"""A file that is read again when it has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Content = TypeVar("Content")


class WatchedFile(Generic[Content]):
    """The content that ``read`` makes of the file at ``path``; ``absent`` where there is none."""

    def __init__(self, path: Path, read: Callable[[Path], Content], absent: Content) -> None:
        self.path = path
        self._read, self._absent = read, absent
        self._version: tuple[int, int] | None = None
        self._content = absent

    def current(self) -> Content:
        """The content as it stands now. Raises what ``read`` raises."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            self._version, self._content = None, self._absent
            return self._absent
        if (version := (state.st_mtime_ns, state.st_ino)) != self._version:
            self._content = self._read(self.path)
            self._version = version
        return self._content
