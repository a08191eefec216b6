"""Datadis as it answers: its login, a question once in 24 hours, answered or not, its nulls and errors, late hours."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any

from energy.calendar import MADRID, local_day
from energy.money.contract import Contract
from ingest.catalogue.entries import InstallationEntry
from ingest.simulator.doors.web import Answer, Asked
from ingest.simulator.truth.known import Known
from ingest.simulator.truth.stated import Distributor, Stated, hours, is_down

ASKED = "Consulta ya realizada en las últimas 24 horas."
HOLD = timedelta(hours=24)
LOGIN, API = "/nikola-auth/tokens/login", "/api-private/api/"
UNSEEN = dict.fromkeys(("cups", "date", "time", "consumptionKWh", "obtainMethod", "surplusEnergyKWh"), "")
"""The one row of a CUPS that the login does not see."""
Row = dict[str, Any]
Curve = Callable[[date, datetime], list[Row]]
"""The rows of a local day as they are known at an instant."""


@dataclass
class Datadis:
    """``supplies`` of the login, ``authorised`` by NIF, the rest by CUPS; ``faults`` (status, body) come first."""

    now: Callable[[], datetime]
    login: tuple[str, str] = ("12345678Z", "secret")
    wrong_password: tuple[int, str] = (500, "Bad credentials")
    supplies: list[Row] = field(default_factory=list)
    authorised: dict[str, list[Row]] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    contracts: dict[str, Any] = field(default_factory=dict)
    maxima: dict[str, list[Row]] = field(default_factory=dict)
    reactive: dict[str, list[Row]] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    is_down: Callable[[datetime], bool] = lambda _: False
    """Whether it answers nothing but 500 at an instant."""
    asked: dict[str, datetime] = field(default_factory=dict)
    """The instant at which each question was last taken, whether it was answered or failed."""
    wasted: int = 0
    """Questions that had been taken within 24 hours."""
    calls: int = 0
    logins: int = 0
    token: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Answer | None:
        """The answer to a request; None where the path is none of its own."""
        with self._lock:
            if asked.path == LOGIN:
                return self._log_in(asked.form)
            return self._private(asked) if asked.path.startswith(API) else None

    def _log_in(self, form: Mapping[str, str]) -> Answer:
        if (form.get("username"), form.get("password")) != self.login:
            return _plain(*self.wrong_password)
        self.logins += 1
        self.token = f"header.{self.logins}.signature"
        return Answer(200, self.token.encode(), "text/plain")

    def _private(self, asked: Asked) -> Answer:
        if asked.headers["Authorization"] != f"Bearer {self.token}":
            return _plain(401, "")
        self.calls += 1
        now = self.now()
        fault = self.faults.pop(0) if self.faults else (500, "") if self.is_down(now) else None
        if fault is not None and fault[0] == HTTPStatus.UNAUTHORIZED:  # whoever is not logged in is nobody
            return _plain(*fault)
        if asked.target in self.asked and now - self.asked[asked.target] < HOLD:
            self.wasted += 1
            return _plain(429, ASKED)
        self.asked[asked.target] = now
        return _plain(*fault) if fault is not None else self._rows(asked.path.removeprefix(API), asked.query)

    def _rows(self, name: str, query: Mapping[str, str]) -> Answer:
        """The answer of the first version of a path, or of the second."""
        cups, start = query.get("cups", ""), query.get("startDate", "")
        rows: Any
        match name.removesuffix("-v2"):
            case "get-supplies":
                under, rows = "supplies", self.authorised.get(query.get("authorizedNif", ""), self.supplies)
            case "get-consumption-data":
                under, rows = "timeCurve", self._curve(cups, start, query.get("endDate", ""))
            case "get-contract-detail":
                under, rows = "contract", self.contracts.get(cups, [])
            case "get-max-power":
                under, rows = "maxPower", [row for row in self.maxima.get(cups, []) if row["date"][:7] == start]
            case "get-reactive-data":
                months = [row for row in self.reactive.get(cups, []) if row["date"] == start]
                under, rows = "reactiveEnergy", {"cups": cups, "energy": months, "code": "001"}
            case _:
                return _plain(404, "")
        newer = {under: rows, "distributorError": self.errors}
        return _plain(200, json.dumps(newer if name.endswith("-v2") else rows))

    def _curve(self, cups: str, start: str, end: str) -> list[Row]:
        curve = self.curves.get(cups)
        if curve is None:
            return [UNSEEN]
        day, rows = datetime.strptime(start, "%Y/%m").replace(tzinfo=MADRID).date(), list[Row]()
        while f"{day:%Y/%m}" <= end:
            rows += curve(day, self.now())
            day += timedelta(days=1)
        return rows


def _plain(status: int, body: str) -> Answer:
    return Answer(status, body.encode())


def supply(cups: str, **more: Any) -> Row:
    """A row of get-supplies."""
    said = {"address": "", "postalCode": "", "province": "", "municipality": "", "distributor": "E"}
    return {**said, "cups": cups, "validDateFrom": "2020/01/01", "validDateTo": "", "pointType": 5,
            "distributorCode": "2", **more}  # fmt: skip


def rows_of(day: date, cups: str, kwh: Callable[[datetime], float], style: str = "by clock") -> list[Row]:
    """A day's rows; ``style``: how the hours of a changed clock are labelled."""
    begin, end = local_day(day, MADRID)
    starts = [(begin + timedelta(hours=n)).astimezone(MADRID) for n in range((end - begin) // timedelta(hours=1))]
    labels = {
        "by clock": [start.hour + 1 for start in starts],
        "numbered": list(range(1, len(starts) + 1)),
        "from zero": [start.hour for start in starts],
    }[style]
    return [
        {"cups": cups, "date": f"{day:%Y/%m/%d}", "time": f"{label:02}:00", "consumptionKWh": kwh(start),
         "obtainMethod": "Real", "surplusEnergyKWh": None, "generationEnergyKWh": None}
        for label, start in zip(labels, starts, strict=True)
    ]  # fmt: skip


STYLES = ("by clock", "numbered", "from zero")
"""Styles by which distributors label the hours of a changed clock; each has its own."""


def of_world(
    entries: Iterable[InstallationEntry], known: Mapping[str, Known], seed: int, now: Callable[[], datetime]
) -> Datadis:
    """Datadis with the supplies of a world, one an installation with a CUPS."""
    service = Datadis(now, is_down=lambda at: is_down(seed, at))
    for number, entry in enumerate(each for each in entries if each.cups):
        cups = str(entry.cups)
        distributor = Distributor(cups, seed, hours(known[entry.installation_id].truth))
        service.supplies.append(supply(cups, validDateFrom=f"{distributor.first:%Y/%m/%d}"))
        service.curves[cups] = _curve(cups, distributor, STYLES[number % len(STYLES)])
        service.contracts[cups] = [_contract(entry, contract) for contract in entry.contracts or ()]
    return service


def _curve(cups: str, distributor: Distributor, style: str) -> Curve:
    def rows(day: date, at: datetime) -> list[Row]:
        said = distributor.stated(day, at)
        plain = rows_of(day, cups, lambda start: _kwh(said[start].hour.imported), style) if said else []
        return [row | _beside(said[start]) for row, start in zip(plain, sorted(said), strict=True)]

    return rows


def _beside(stated: Stated) -> Row:
    hour = stated.hour
    return {
        "obtainMethod": "Real" if stated.is_measured else "Estimada",
        "surplusEnergyKWh": _kwh(hour.exported),
        "selfConsumptionEnergyKWh": _kwh(hour.self_consumed),
    }


def _kwh(wh: float) -> float:
    return round(wh / 1000, 3)


def _contract(entry: InstallationEntry, contract: Contract) -> Row:
    """A row of get-contract-detail: what the catalogue says."""
    end = "" if contract.until is None else f"{contract.until - timedelta(days=1):%Y/%m/%d}"
    return {
        "cups": entry.cups, "distributor": "E", "marketer": "Comercializadora", "accessFare": contract.access_tariff,
        "contractedPowerkW": [float(power) for power in contract.power_kw], "startDate": f"{contract.since:%Y/%m/%d}",
        "modePowerControl": "Maxímetro" if contract.maximeter else "ICP", "endDate": end,
        "selfConsumptionTypeCode": contract.self_consumption, "cau": entry.cau, "partitionCoefficient": None,
        "installedCapacityKW": entry.capacity_kw,
    }  # fmt: skip
