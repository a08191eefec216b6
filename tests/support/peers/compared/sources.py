"""Answers of OMIE, ESIOS and AEMET, read by the libraries of others and by ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from energy.calendar import MADRID
from ingest.sources.aemet.forms import hourly_forecast
from ingest.sources.esios import parse_indicator, parse_pvpc_file
from ingest.sources.omie import parse_report
from tests.support.peers.compared.asked import Compared, beside, said, together
from tests.support.recorded import aemet_answer

FIELDS = {
    "temperature_c": ("temperature_c", 1), "relative_humidity": ("relative_humidity", 1),
    "precipitation_mm": ("precipitation_mm", 1), "precipitation_probability": ("precipitation_probability", 100),
    "wind_speed_m_s": ("wind_speed_km_h", 3.6), "wind_gust_m_s": ("wind_gust_km_h", 3.6),
}  # fmt: skip
"""What aemet-opendata's are of our fields, and the factor from ours to theirs."""
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
ZONES = {"8741": "ES-peninsula", "8742": "ES-canarias", "8743": "ES-baleares", "8744": "ES-ceuta",
         "8745": "ES-melilla", "3": "ES", "PCB": "ES-peninsula", "CYM": "ES-ceuta"}  # fmt: skip
"""What aiopvpc's are of ours; the islands pay the same as PCB, at their own hours."""


def pyomie(files: Sequence[Path]) -> Compared:
    """OMIE's labelled reports in EUR/MWh, by place in the day."""
    found = []
    for file in files:
        ours = parse_report(file.read_text("latin-1"), NOW)
        for label, them in said("price_clients", "pyomie", file).items():
            if not label.startswith("Precio marginal"):
                continue
            scale = 10 if "Cent/kWh" in label else 1
            zone = "PT" if "portugués" in label else "ES"
            mine = [each["price_eur_mwh"] for each in ours if each["zone"] == zone]
            theirs = [value * scale for value in them]
            found.append(beside(f"{file.stem} {zone}", dict(enumerate(mine)), dict(enumerate(theirs)), 1e-6))
    return together(found)


def aiopvpc(files: Sequence[Path]) -> Compared:
    """PVPC files and ESIOS indicators, by time; aiopvpc rounds to 5 digits of EUR/kWh."""
    found = []
    for file in files:
        body = json.loads(file.read_text(encoding="utf-8"))
        ours = (parse_pvpc_file if "PVPC" in body else parse_indicator)(body, NOW)
        for name, prices in said("price_clients", "aiopvpc", file).items():
            mine = {each["start"]: each["price_eur_mwh"] for each in ours if each["zone"] == ZONES[name]}
            theirs = {datetime.fromisoformat(at): eur * 1000 for at, eur in prices.items()}
            found.append(beside(f"{file.stem} {name}", mine, theirs, 0.00501))
    return together(found)


def aemet_opendata(files: Sequence[Path]) -> Compared:
    """AEMET's hourly forecasts, field by field of each hour.

    A period such as 0713 is from 7 to 13 here, and from 6 to 12 there: the chance of rain of its last hour is left out,
    and with it the rain, which is absent there where the chance is.
    """
    found = []
    for file in files:
        ours = {each["time"]: each for each in hourly_forecast(aemet_answer(file), "28065")}
        for at, them in said("aemet_client", file, MADRID.key).items():
            instant = datetime.fromisoformat(at)
            mine = ours[instant]
            fields = dict(FIELDS)
            if instant.astimezone(MADRID).hour % 6 == 0:
                del fields["precipitation_probability"], fields["precipitation_mm"]
            values = {theirs: _times(mine.get(name), factor) for name, (theirs, factor) in fields.items()}
            found.append(beside(f"{file.stem} {at}", values, {name: them[name] for name in values}, 1e-6))
    return together(found)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
