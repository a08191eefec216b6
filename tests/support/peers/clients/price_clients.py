"""pyomie and aiopvpc on stored answers: ``price_clients.py NAME FILE`` prints prices by place, or by time in UTC."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

CANARIES = 8742


class _Stored:
    """A session of aiohttp that has one answer."""

    def __init__(self, file: str) -> None:
        self._body = Path(file).read_bytes()

    async def get(self, *_: Any, **__: Any) -> _Stored:
        return self

    async def __aenter__(self) -> _Stored:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def raise_for_status(self) -> None:
        return None

    async def text(self, encoding: str) -> str:
        return self._body.decode(encoding)


def pyomie(file: str) -> Any:
    """By label the series of one of OMIE's reports."""
    from pyomie.main import _fetch_and_make_results  # type: ignore[import-not-found]

    asked = _fetch_and_make_results(_Stored(file), file, date(2000, 1, 1), lambda result: result.series)
    return asyncio.run(asked).contents


def aiopvpc(file: str) -> Any:
    """By tariff or zone the EUR/kWh of a PVPC file or an ESIOS indicator."""
    from aiopvpc import const, parser  # type: ignore[import-not-found]

    text = Path(file).read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    if "PVPC" in json.loads(text):
        for column in ("PCB", "CYM"):
            found[column] = parser.extract_prices_from_esios_public(json.loads(text), column).series["PVPC"]
    else:
        canaries = const.zoneinfo.ZoneInfo("Atlantic/Canary")
        for number in {each["geo_id"] for each in json.loads(text)["indicator"]["values"]}:
            place = (const.GEOZONE_ID2NAME[number], *([canaries] if number == CANARIES else []))
            found[str(number)] = parser.extract_prices_from_esios_token(json.loads(text), "PVPC", *place).series["PVPC"]
    return {name: {instant.isoformat(): eur for instant, eur in prices.items()} for name, prices in found.items()}


if __name__ == "__main__":
    print(json.dumps({"pyomie": pyomie, "aiopvpc": aiopvpc}[sys.argv[1]](sys.argv[2])))
