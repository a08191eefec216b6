"""How many readings a second the push server takes, in batches of 100, its disk synced before each answer.

    python -m bench.ingest.push [--seconds 20] [--clients 4]

One server process as the stack runs it, clients in a process of their own each, on this machine. Kafka is away, so that
the outbox keeps all of it; what it kept is counted against what was acknowledged.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
import requests

from conf import load_settings
from ingest.gateway.outbox import Outbox
from ingest.push.tokens import admit, tokens_file
from tests.support.servers.ports import free_offset

BATCH, BAR = 100, 5_000


def main() -> int:
    """Measure and print; 1 where the bar is missed or a reading is lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as folder:
        settings = load_settings(home=Path(folder), port_offset=free_offset())
        tokens = [admit(tokens_file(settings), [f"site-{n}"]) for n in range(asked.clients)]
        own = {
            "SOLERA_HOME": folder,
            "SOLERA_PORT_OFFSET": str(settings.port_offset),
            "SOLERA_PUSH__READINGS_PER_SECOND": "1e6",
        }
        with subprocess.Popen([sys.executable, "-m", "ingest.push"], env={**os.environ, **own}) as server:
            url = f"http://127.0.0.1:{settings.push.port}/v1/readings"
            await_answer(url)
            with multiprocessing.Pool(asked.clients) as pool:
                jobs = [(url, token, f"site-{n}", asked.seconds) for n, token in enumerate(tokens)]
                found = pool.starmap(push, jobs)
            resident = psutil.Process(server.pid).memory_info().rss
            server.terminate()
        kept = Outbox(Path(folder) / "push" / "outbox.sqlite", 100_000).count
    taken = sum(count for count, _ in found)
    rate = taken / asked.seconds
    slowest = max(seconds for _, seconds in found)
    print(f"{rate:,.0f} readings/s (bar {BAR:,}), slowest answer {slowest:.2f} s, {resident / 1e6:.0f} MB")
    print(f"acknowledged {taken:,}, kept {kept:,}")
    return int(rate < BAR or kept < taken)


def await_answer(url: str) -> None:
    """Wait until the server listens."""
    end = time.monotonic() + 60
    while True:
        try:
            requests.post(url, timeout=5)
            return
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def push(url: str, token: str, site: str, seconds: float) -> tuple[int, float]:
    """Send batches for so long; readings acknowledged, and the longest wait for an answer."""
    begun, day = time.monotonic(), datetime.now(timezone.utc) - timedelta(days=1)
    count, slowest = 0, 0.0
    of = {"installation_id": site, "device_kind": "meter", "source": "bench"}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        while time.monotonic() < begun + seconds:
            instant = (day + timedelta(seconds=count / BATCH)).isoformat()
            values = {"time": instant, "import_power_w": 350.5, "import_total_wh": 1520034.0, "voltage_v": 230.1}
            batch = [of | values | {"device_id": f"meter-{n}"} for n in range(BATCH)]
            asked = time.monotonic()
            session.post(url, data=json.dumps(batch), timeout=30).raise_for_status()
            slowest = max(slowest, time.monotonic() - asked)
            count += BATCH
    return count, slowest


if __name__ == "__main__":
    sys.exit(main())
