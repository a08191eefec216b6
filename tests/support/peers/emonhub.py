"""emonhub's HTTP reporter, run from its own source by a process of its own: ``emonhub.py SOURCE URL KEY < frames``.

A frame is a line of JSON: time (Unix s), node, names (or none) and values.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main(source: str, url: str, key: str) -> int:
    """Send the frames as emonhub does; 0 where it takes the answer for an acknowledgement."""
    sys.path[:0] = [source, f"{source}/interfacers"]
    import Cargo  # type: ignore[import-not-found]
    from EmonHubEmoncmsHTTPInterfacer import EmonHubEmoncmsHTTPInterfacer  # type: ignore[import-not-found]

    reporter: Any = EmonHubEmoncmsHTTPInterfacer("emoncms")
    frames = [json.loads(line) for line in sys.stdin]
    reporter.set(apikey=key, url=url, sendnames="1" if frames[0]["names"] else "0")
    for frame in frames:
        fields = {"nodename": frame["node"], "nodeid": 5, "names": frame["names"], "realdata": frame["values"]}
        reporter.add(Cargo.new_cargo(timestamp=frame["time"], **fields))
    reporter.flush()
    return int(reporter.buffer.hasItems())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
