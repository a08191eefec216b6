"""What is at a simulated installation, as its file says it: loads, battery, panels, weather station, no grid."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from ingest.catalogue.entries import CatalogueError
from ingest.simulator.truth.devices import readings
from ingest.simulator.truth.flows import Flows, flows, minutes
from ingest.simulator.truth.sites.described import Site, parse_sites
from ingest.simulator.truth.sites.profiles import USES
from ingest.simulator.truth.sites.sun import sun

JUNE = datetime(2026, 6, 10, tzinfo=timezone.utc)
JANUARY = datetime(2026, 1, 10, tzinfo=timezone.utc)


def of_days(site: Site, start: datetime, seed: int, days: int = 1) -> Flows:
    """What flows from the UTC midnight ``start`` on, in so many days; the same by the same ``seed``."""
    index, chance = minutes(start, days), np.random.default_rng(seed)
    return flows(site, index, sun(site, index, chance, seed), chance)


def site(kind: str = "home", **simulated: Any) -> Site:
    (found,) = parse_sites({"installation_id": "sitio", "kind": kind, "simulated": simulated})
    return found


def used_kwh(of: Flows) -> float:
    return float(of.use.sum()) / 60_000


@pytest.mark.parametrize("kind", ["home", "farm", "park"])
def test_who_uses_much_uses_more_than_usual_and_who_uses_little_less(kind: str) -> None:
    assert {use for of, use in USES if of == kind} == {"low", "medium", "high"}
    low, medium, high = (used_kwh(of_days(site(kind, use=use), JUNE, 1, 7)) for use in ("low", "medium", "high"))
    assert low < medium < high


def added_w(name: str, start: datetime, kind: str = "home") -> Any:
    """By local hour of a week, the mean power (W) that an appliance adds."""
    with_, without = (of_days(site(kind, **{"with": those}), start, 3, 7) for those in ([name], []))
    index = minutes(start, 7).tz_convert("Europe/Madrid")
    added = with_.use - without.use
    return np.array([added[index.hour == hour].mean() for hour in range(24)])


def test_appliances_run_in_their_hours_and_seasons() -> None:
    assert added_w("heat pump", JANUARY).mean() > 500 > 3 * added_w("heat pump", JUNE).mean()
    assert added_w("EV", JUNE)[0:6].mean() > 1_000
    assert abs(added_w("EV", JUNE)[7:23].mean()) < 20
    assert added_w("pool", JUNE)[11:17].mean() > 800
    assert abs(added_w("pool", JANUARY).mean()) < 20
    pumps = added_w("pumping", JUNE, "farm")
    assert pumps[8:19].mean() > 5_000 > 100 > abs(pumps[21:24].mean())
    assert added_w("pumping", JANUARY, "farm").mean() < pumps.mean() / 2


def test_a_farm_pumps_unless_its_file_says_otherwise_and_a_large_one_more() -> None:
    assert site("farm").appliances == ["pumping"]
    assert site("farm", **{"with": []}).appliances == []
    (large,) = parse_sites({"installation_id": "sitio", "kind": "farm", "capacity_kw": 240.0})
    assert used_kwh(of_days(large, JUNE, 1)) == pytest.approx(4 * used_kwh(of_days(site("farm"), JUNE, 1)), rel=0.05)


def test_panels_give_less_in_winter_and_the_hotter_the_less() -> None:
    summer, winter = (of_days(site(), start, 5, 7) for start in (JUNE, JANUARY))
    assert winter.generation.sum() < 0.8 * summer.generation.sum()
    assert summer.sun.module_c.max() > summer.sun.air_c.max() + 10
    lit = summer.sun.light_w_m2 > 500
    given = summer.generation[lit] / summer.sun.light_w_m2[lit]
    assert np.corrcoef(given, summer.sun.module_c[lit])[0, 1] < -0.9


@pytest.mark.parametrize("off_grid", [False, True])
def test_a_battery_gives_what_it_took_and_everything_balances(off_grid: bool) -> None:
    of = of_days(site(battery_kwh=8.0, off_grid=off_grid), JUNE, 2, 3)
    battery = of.battery
    assert not (battery.charge * battery.discharge).any()
    assert 0 <= battery.soc_pct.min() <= battery.soc_pct.max() <= 100
    held = (0.95 * battery.charge - battery.discharge / 0.95).cumsum() / 60_000
    assert battery.soc_pct / 100 * 8.0 == pytest.approx(held + 4.0)
    assert battery.charge.sum() > battery.discharge.sum() / 2 > 0
    assert (of.generation + battery.discharge + of.imported == of.use + battery.charge + of.exported).all()
    if off_grid:
        assert not of.imported.any()
        assert not of.exported.any()
        assert {"import", "export"}.isdisjoint(of.quantities())


def test_devices_are_those_that_are_there() -> None:
    for found, expected in (
        (site(), {"inverter", "meter"}),
        (site(battery_kwh=5.0), {"inverter", "meter", "battery"}),
        (site(off_grid=True), {"inverter", "battery"}),
        (site("park"), {"inverter", "meter", "weather_station"}),
        (site("park", weather_station=False), {"inverter", "meter"}),
    ):
        assert readings(of_days(found, JUNE, 1), 900).keys() == expected


def test_batteries_tell_their_charge_and_stations_the_weather_and_voltage_rises_with_the_sun() -> None:
    of = of_days(site("park", battery_kwh=500.0), JUNE, 1)
    said = readings(of, 60)
    assert [each["soc_pct"] for each in said["battery"]][:-1] == of.battery.soc_pct.round(1).tolist()
    for station, light in zip(said["weather_station"], of.sun.light_w_m2, strict=False):
        assert station["irradiance_w_m2"] == pytest.approx(light, abs=0.051)
        assert station["module_temperature_c"] > station["ambient_temperature_c"] - 1
    by_power = sorted(said["inverter"], key=lambda each: each["ac_power_w"])
    assert (by_power[0]["voltage_v"], by_power[0]["ac_power_w"]) == (230.0, 0.0)
    assert 232 < by_power[-1]["voltage_v"] <= 238


@pytest.mark.parametrize(
    ("simulated", "named"),
    [
        ({"use": "huge"}, "simulated.use"),
        ({"with": ["sauna"]}, "simulated.with.0"),
        ({"battery_kwh": -1}, "simulated.battery_kwh"),
        ({"strings": 1}, "simulated.strings"),
        ({"panels": 8}, "simulated.panels"),
        ("a lot", "simulated"),
    ],
)
def test_what_is_no_such_thing_is_refused_by_its_name(simulated: Any, named: str) -> None:
    with pytest.raises(CatalogueError, match=f"sitio: {named}"):
        parse_sites({"installation_id": "sitio", "simulated": simulated})
    with pytest.raises(CatalogueError, match="installation_id"):
        parse_sites([{"simulated": {}}])
    with pytest.raises(CatalogueError, match="no installation"):
        parse_sites([])
