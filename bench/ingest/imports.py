"""How long a million rows of a distributor's file take, from the file to Kafka's acknowledgement.

    python -m bench.ingest.imports [--rows 1000000]

The broker is one of its own. The peer is pandas alone, which reads the file, makes its dates and adds up: no zones, no
checks, no records.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import psutil

from conf import load_settings, logins
from ingest.files.importing import messages
from ingest.files.mapping import read_mapping
from ingest.files.table import read_table
from ingest.files.understood import understand
from ingest.publishing.bulk import publish_all
from stack.up import down, up
from tests.support.servers.ports import free_offset

BAR_SECONDS = 60.0


def main() -> int:
    """Measure and print; 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as folder:
        settings = load_settings(home=Path(folder), port_offset=free_offset())
        file, mapping = Path(folder) / "hours.csv", Path(folder) / "mapping.yaml"
        write(file, asked.rows)
        mapping.write_text("{form: cnmc, installation_id: casa, time: {minutes: 1, zone: UTC}}")
        up(settings, ["kafka"])
        try:
            held = logins.held(settings)
            begun = time.monotonic()
            meaning = read_mapping(mapping)
            understood = understand(read_table(file, meaning), meaning)
            read = time.monotonic() - begun
            known_at = datetime.now(timezone.utc)
            count = publish_all(held, meaning.topic, messages(understood, meaning, known_at))
            took = time.monotonic() - begun
        finally:
            down(settings)
        peer = pandas_alone(file)
    resident = psutil.Process().memory_info().rss
    print(f"{count:,} rows: understood in {read:.1f} s, published in {took:.1f} s (bar {BAR_SECONDS:g} s)")
    print(f"pandas alone: {peer:.1f} s; {resident / 1e6:.0f} MB at the end; refused: {dict(understood.refused)}")
    return int(took > BAR_SECONDS or count < asked.rows)


def write(file: Path, rows: int) -> None:
    """Minutes, in UTC, so that each has a time of its own."""
    day = datetime(2023, 1, 1, tzinfo=timezone.utc)
    with file.open("w") as out:
        out.write("CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n")
        for number in range(rows):
            at = day + timedelta(minutes=number)
            out.write(f"ES0189000048220011CR;{at:%d/%m/%Y};{at:%H:%M};0,{number % 1000:03};R\n")


def pandas_alone(file: Path) -> float:
    """Seconds."""
    begun = time.monotonic()
    table = pd.read_csv(file, sep=";", decimal=",")
    pd.to_datetime(table["Fecha"] + " " + table["Hora"], format="%d/%m/%Y %H:%M")
    table["Consumo_kWh"].sum()
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
