"""Merged energy of one day over REST, warm, beside the two plain CQL queries it rests on.

Runs against the stack that is up (``make demo`` leaves one). Bar: p95 50 ms.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from statistics import quantiles
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

from conf import Settings, load_settings
from serving_layer.reader import Reader, StoreAway
from serving_layer.views import catalogue
from store import cassandra
from store.instants import months

WARM_UP, MEASURED = 30, 300
BAR_MS = 50.0
QUANTITY = "generation"


def timed(ask: Callable[[int], object]) -> list[float]:
    """Milliseconds of each of the measured calls, the warm-up left out."""
    found = []
    for n in range(WARM_UP + MEASURED):
        begun = time.perf_counter()
        ask(n)
        found.append((time.perf_counter() - begun) * 1000)
    return found[WARM_UP:]


def by_rest(settings: Settings, ids: list[str], start: datetime, end: datetime, resolution: str) -> list[float]:
    """One kept-alive connection, as a browser or a client library holds it."""
    token = (settings.home / "token").read_text().strip()
    connection = http.client.HTTPConnection(settings.api.host, settings.api.port, timeout=10)
    asked = urlencode(
        {"quantity": QUANTITY, "from": start.isoformat(), "to": end.isoformat(), "resolution": resolution}
    )

    def ask(n: int) -> None:
        path = f"/v1/installations/{ids[n % len(ids)]}/energy?{asked}"
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {body.decode()}")

    return timed(ask)


def by_cql(settings: Settings, ids: list[str], start: datetime, end: datetime) -> list[float]:
    """The same rows of both views, one query after the other, neither merged nor made JSON."""
    with cassandra.session(settings) as session:
        where = "WHERE installation_id = ? AND month = ? AND quantity = ? AND start >= ? AND start < ?"
        asked = [session.prepare(f"SELECT * FROM {table} {where}") for table in ("energy_batch", "energy_speed")]  # noqa: S608

        def ask(n: int) -> None:
            for statement in asked:
                for month in months(start, end):
                    list(session.execute(statement, (ids[n % len(ids)], month, QUANTITY, start, end)))

        return timed(ask)


def main() -> int:
    """Print the table; 1 where the bar is missed."""
    settings = load_settings()
    reader = Reader(settings)
    try:
        ids = [str(each["installation_id"]) for each in catalogue.installations(reader)]
    except StoreAway as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        reader.close()
    if not ids:
        print("No installation is registered: run `make demo` first.", file=sys.stderr)
        return 1
    midnight = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    day, month = (midnight - timedelta(days=1), midnight), (midnight - timedelta(days=30), midnight)
    found = {
        "REST, one day of quarter-hours": by_rest(settings, ids, *day, "15m"),
        "peer: the same rows by two CQL queries": by_cql(settings, ids, *day),
        "REST, 30 days as daily sums": by_rest(settings, ids, *month, "day"),
    }
    table = Table("what", "p50 ms", "p95 ms", "p99 ms", title=f"Merged energy, warm, {MEASURED} requests each")
    for what, times in found.items():
        cut = quantiles(times, n=100)
        table.add_row(what, *(f"{cut[n - 1]:.1f}" for n in (50, 95, 99)))
    p95 = quantiles(next(iter(found.values())), n=100)[94]
    Console().print(table)
    print(f"p95 {p95:.1f} ms, bar {BAR_MS:.0f} ms: {'reached' if p95 <= BAR_MS else 'missed'}")
    return int(p95 > BAR_MS)


if __name__ == "__main__":
    sys.exit(main())
