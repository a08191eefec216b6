"""Spark's Python daemon, whose workers import from folders alone: ``python -m store.python_daemon``.

Spark puts archives (pyspark's and its own jar) on their path although pyspark is installed, and each task reads an
archive's directory anew: most of the time of a small one.
"""

from __future__ import annotations

import sys

sys.path[:] = [entry for entry in sys.path if not entry.endswith((".zip", ".jar"))]
# The standard library looks for Jython's package org, and finds Java's in the jar.
sys.modules.pop("org", None)
sys.path_importer_cache.clear()

from pyspark.daemon import manager  # noqa: E402

if __name__ == "__main__":
    manager()  # type: ignore[no-untyped-call]
