"""e-data's Datadis client, from its own files, in a process of its own: ``edata_client.py BASE CUPS FROM TO FOLDER``.

Prints the hours of the months from FROM to TO (ISO dates) as JSON: naive local start, kWh.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime


def main(base: str, cups: str, first: str, last: str, folder: str) -> int:
    """Ask the service at ``base`` as e-data does."""
    from edata.connectors import datadis  # type: ignore[import-not-found]

    for name in [name for name in dir(datadis) if name.startswith("URL_")]:
        setattr(datadis, name, getattr(datadis, name).replace("https://datadis.es", base))
    client = datadis.DatadisConnector("12345678Z", "secret", storage_path=folder)
    (supply,) = client.get_supplies()
    assert supply["cups"] == cups
    hours = client.get_consumption_data(
        cups, supply["distributorCode"], datetime.fromisoformat(first), datetime.fromisoformat(last), "0", 5
    )
    print(json.dumps([[f"{hour['datetime']:%Y-%m-%dT%H:%M:%S}", hour["value_kWh"]] for hour in hours]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
