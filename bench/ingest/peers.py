"""Clients of others beside ours, on the same devices and answers: values compared, and those that differ.

    python -m bench.ingest.peers [PEER …]

A peer that is not here is passed over, with how it is had. 1 where a value differs.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tests.support.peers.compared.cases import CASES


def main() -> int:
    """Compare, and print."""
    table = Table("peer", "what", "values", "differ")
    apart: list[str] = []
    for name in sys.argv[1:] or CASES:
        case = CASES[name]
        missing = case.missing()
        if missing:
            table.add_row(name, case.what, "", missing)
            continue
        found = case.compare()
        apart += (f"{name}: {each}" for each in found.apart)
        table.add_row(name, case.what, str(found.values), str(len(found.apart)))
    console = Console()
    console.print(table)
    for each in apart:
        console.print(each, highlight=False, markup=False)
    return int(bool(apart))


if __name__ == "__main__":
    sys.exit(main())
