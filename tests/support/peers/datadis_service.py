"""Datadis on this machine: its login, its one answer in 24 hours, its nulls and errors, and hours that come late."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

ASKED = "Consulta ya realizada en las últimas 24 horas."
MADRID = ZoneInfo("Europe/Madrid")
Curve = Callable[[date, datetime], list[dict[str, Any]]]
"""The rows of a local day as they are known at an instant."""


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 15, 0, 10, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now


class Service(ThreadingHTTPServer):
    """``supplies`` of the login, ``authorised`` by NIF, the rest by CUPS; ``faults`` (status, body) come first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.now = now
        self.login = ("12345678Z", "secret")
        self.wrong_password = (500, "Bad credentials")
        self.supplies: list[dict[str, Any]] = []
        self.authorised: dict[str, list[dict[str, Any]]] = {}
        self.curves: dict[str, Curve] = {}
        self.contracts: dict[str, Any] = {}
        self.maxima: dict[str, list[dict[str, Any]]] = {}
        self.reactive: dict[str, list[dict[str, Any]]] = {}
        self.errors: list[dict[str, str]] = []
        self.faults: list[tuple[int, str]] = []
        self.asked: dict[str, datetime] = {}
        self.wasted = 0
        self.calls = 0
        self.logins = 0
        self.token = ""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if (form.get("username"), form.get("password")) != self.server.login:
            self._answer(*self.server.wrong_password)
            return
        self.server.logins += 1
        self.server.token = f"header.{self.server.logins}.signature"
        self._answer(200, self.server.token, "text/plain")

    def do_GET(self) -> None:
        server, parts = self.server, urlsplit(self.path)
        if self.headers["Authorization"] != f"Bearer {server.token}":
            self._answer(401, "")
            return
        server.calls += 1
        if server.faults:
            self._answer(*server.faults.pop(0))
            return
        if server.now() - server.asked.get(self.path, datetime.min.replace(tzinfo=MADRID)) < timedelta(hours=24):
            server.wasted += 1
            self._answer(429, ASKED)
            return
        server.asked[self.path] = server.now()
        params = dict(parse_qsl(parts.query))
        seen = server.authorised.get(params.get("authorizedNif", ""), server.supplies)
        name = parts.path.rpartition("/")[2]
        if name in ("get-supplies-v2", "get-supplies"):
            self._rows("supplies", seen, name)
        elif name in ("get-consumption-data-v2", "get-consumption-data"):
            self._rows("timeCurve", self._curve(params), name)
        elif name == "get-contract-detail-v2":
            self._rows("contract", server.contracts.get(params["cups"], []), name)
        elif name == "get-max-power-v2":
            of = server.maxima.get(params["cups"], [])
            self._rows("maxPower", [row for row in of if row["date"][:7] == params["startDate"]], name)
        elif name == "get-reactive-data-v2":
            of = server.reactive.get(params["cups"], [])
            months = [row for row in of if row["date"] == params["startDate"]]
            self._rows("reactiveEnergy", {"cups": params["cups"], "energy": months, "code": "001"}, name)
        else:
            self._answer(404, "")

    def _rows(self, under: str, rows: Any, name: str) -> None:
        """As the first version of a path answers, or the second."""
        newer = {under: rows, "distributorError": self.server.errors}
        self._answer(200, json.dumps(newer if name.endswith("-v2") else rows))

    def _curve(self, params: dict[str, str]) -> list[dict[str, Any]]:
        curve = self.server.curves.get(params["cups"])
        if curve is None:
            names = ("cups", "date", "time", "consumptionKWh", "obtainMethod", "surplusEnergyKWh")
            return [dict.fromkeys(names, "")]
        day, rows = datetime.strptime(params["startDate"], "%Y/%m").replace(tzinfo=MADRID).date(), []
        while f"{day:%Y/%m}" <= params["endDate"]:
            rows += curve(day, self.server.now())
            day += timedelta(days=1)
        return rows

    def _answer(self, status: int, body: str, kind: str = "application/json") -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def supply(cups: str, **more: Any) -> dict[str, Any]:
    """A row of get-supplies."""
    said = {"address": "", "postalCode": "", "province": "", "municipality": "", "distributor": "E"}
    return {**said, "cups": cups, "validDateFrom": "2020/01/01", "validDateTo": "", "pointType": 5,
            "distributorCode": "2", **more}  # fmt: skip


def rows_of(day: date, cups: str, kwh: Callable[[datetime], float], style: str = "by clock") -> list[dict[str, Any]]:
    """A day's rows; ``style``: how the hours of a changed clock are labelled."""
    begin = datetime(day.year, day.month, day.day, tzinfo=MADRID)
    following = day + timedelta(days=1)
    until = datetime(following.year, following.month, following.day, tzinfo=MADRID)
    count = round((until.timestamp() - begin.timestamp()) / 3600)
    starts = [datetime.fromtimestamp(begin.timestamp() + 3600 * number, MADRID) for number in range(count)]
    labels = {
        "by clock": [start.hour + 1 for start in starts],
        "numbered": list(range(1, count + 1)),
        "from zero": [start.hour for start in starts],
    }[style]
    return [
        {"cups": cups, "date": f"{day:%Y/%m/%d}", "time": f"{label:02}:00", "consumptionKWh": kwh(start),
         "obtainMethod": "Real", "surplusEnergyKWh": None, "generationEnergyKWh": None}
        for label, start in zip(labels, starts, strict=True)
    ]  # fmt: skip


@contextmanager
def datadis_service(now: Callable[[], datetime]) -> Iterator[Service]:
    """The service at work."""
    with Service(now) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
