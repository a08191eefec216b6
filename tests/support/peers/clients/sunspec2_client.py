"""pysunspec2: ``sunspec2_client.py PORT MODEL UNIT…`` prints each unit's points."""

from __future__ import annotations

import json
import sys


def main(port: str, model: str, *units: str) -> None:
    """Scan the units at ``port`` of loopback."""
    from sunspec2.modbus import client  # type: ignore[import-not-found]

    said = []
    for unit in units:
        device = client.SunSpecModbusClientDeviceTCP(slave_id=int(unit), ipaddr="127.0.0.1", ipport=int(port))
        device.scan()
        (found,) = device.models[int(model)]
        said.append({name: point.cvalue for name, point in found.points.items()})
        device.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
