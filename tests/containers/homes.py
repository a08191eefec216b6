"""Two homes whose energy is known by hand, and a third that is read while the trouble lasts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

import requests

STEP = timedelta(minutes=5)
STEPS_A_DAY = 288
GENERATED_WH, IMPORTED_WH, EXPORTED_WH = 50.0, 20.0, 30.0
"""In five minutes, of the first home; the second has twice as much."""
HOMES = {"north-01": 1.0, "north-02": 2.0}
LIVE = "north-03"
COMMUNITY = "north"
_COMMUNITY = f"- {{installation_id: {COMMUNITY}, name: North, kind: community, time_zone: Europe/Madrid}}\n"


def catalogue(homes: Iterable[str]) -> str:
    """The community and the homes, as `solera register` takes them."""
    return _COMMUNITY + "".join(map(_home, homes))


def _home(name: str) -> str:
    return f"""
- installation_id: {name}
  name: Home {name}
  kind: home
  latitude: 40.4
  longitude: -3.7
  time_zone: Europe/Madrid
  capacity_kw: 5
  community_id: {COMMUNITY}
  devices:
    - {{device_id: {name}-inverter, device_kind: inverter}}
    - {{device_id: {name}-meter, device_kind: meter}}
"""


def day_wh(home: str) -> dict[str, float]:
    """What a whole day of the home comes to, by quantity, in Wh."""
    times = HOMES[home] * STEPS_A_DAY
    return {
        "generation": GENERATED_WH * times,
        "import": IMPORTED_WH * times,
        "export": EXPORTED_WH * times,
        "consumption": (GENERATED_WH + IMPORTED_WH - EXPORTED_WH) * times,
    }


def readings(start: datetime, end: datetime, homes: Mapping[str, float]) -> str:
    """The homes' readings every five minutes, JSON Lines; times in UTC. Each home is so many times the first."""
    return "\n".join(json.dumps(each) for each in _readings(start, end, homes)) + "\n"


def _readings(start: datetime, end: datetime, homes: Mapping[str, float]) -> Iterator[dict[str, object]]:
    for number in range(int((end - start) / STEP) + 1):
        at = (start + number * STEP).strftime("%Y-%m-%dT%H:%M:%SZ")
        for home, size in homes.items():
            named = {"installation_id": home, "time": at}
            total = 1_000_000.0 + GENERATED_WH * size * number
            power = GENERATED_WH * size * 12
            yield named | {"device_id": f"{home}-inverter", "device_kind": "inverter", "ac_power_w": power,
                           "energy_total_wh": total}  # fmt: skip
            yield named | {"device_id": f"{home}-meter", "device_kind": "meter",
                           "import_total_wh": 5_000_000.0 + IMPORTED_WH * size * number,
                           "export_total_wh": 7_000_000.0 + EXPORTED_WH * size * number}  # fmt: skip


class Site(threading.Thread):
    """A site that pushes a reading a second, each again until it is taken; what was taken must be found later."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(name="site", daemon=True)
        self._url, self._headers = f"{url}/v1/readings", {"Authorization": f"Bearer {token}"}
        self._stopping = threading.Event()
        self.taken: set[str] = set()
        """Times of the readings that were taken."""
        self.refused = 0

    def run(self) -> None:
        """Push until :meth:`end`."""
        while not self._stopping.is_set():
            at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            reading = {"installation_id": LIVE, "device_id": f"{LIVE}-inverter", "device_kind": "inverter", "time": at,
                       "ac_power_w": 3600.0, "energy_total_wh": 1_000_000.0 + len(self.taken)}  # fmt: skip
            while not self._is_accepted(reading) and not self._stopping.is_set():
                self.refused += 1
                time.sleep(1)
            self._stopping.wait(1)

    def _is_accepted(self, reading: dict[str, object]) -> bool:
        try:
            answer = requests.post(self._url, json=[reading], headers=self._headers, timeout=10)
        except requests.RequestException:
            return False
        if answer.status_code == 202:
            self.taken.add(str(reading["time"]))
        return answer.status_code == 202

    def end(self) -> None:
        """Push no more."""
        self._stopping.set()
        self.join(timeout=30)
