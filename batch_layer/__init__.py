"""The batch layer: one module a nightly step, each runnable alone with spark-submit; ``nightly`` is their order."""

import sys
from pathlib import Path

# spark-submit puts a script's own folder first on the path, where energy.py would hide the package energy.
sys.path[:] = [p for p in sys.path if Path(p).resolve() != Path(__file__).resolve().parent]
