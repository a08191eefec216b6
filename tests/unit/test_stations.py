"""The stations of the price forecast."""

from __future__ import annotations

from conf.stations import municipality_of_station

PROVINCES = {f"{code:02d}" for code in range(1, 53)}


def test_every_province_has_a_station_and_each_a_municipality_of_its_own() -> None:
    found = municipality_of_station()
    assert len(found) >= 50
    assert len(set(found.values())) == len(found)
    assert {code[:2] for code in found.values()} == PROVINCES
    assert all(len(code) == 5 and code.isdigit() for code in found.values())
