"""Debian's Chromium (``apt-get install chromium``), as Playwright opens it for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

PROGRAM = shutil.which("chromium")
PATIENCE_MS = 30_000
"""How long a busy machine may take to draw what a person waits for."""
needed = pytest.mark.skipif(PROGRAM is None, reason="Chromium (Debian's package) is not on this machine")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that is closed at the end; what is expected of its pages is waited for :data:`PATIENCE_MS`."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser
        browser.close()
