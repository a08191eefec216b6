"""A home's inverter and meter at an instant, from the home's recorded hours.

Power is constant inside an hour, and the registers are its integral since :data:`REGISTER_ZERO`, so a
register read at any two instants differs by exactly the energy between them. All in milliwatt-hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ingest.simulator.homes import Home

REGISTER_ZERO = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""The instant at which the devices were put in and their registers stood at zero."""
VOLTAGE_V, FREQUENCY_HZ = 230.0, 50.0
"""Values of Europe's public grid (EN 50160)."""
INVERTER_EFFICIENCY = 0.97
_HOUR = timedelta(hours=1)
_AHEAD_HOURS = 48


class Plant:
    """The two devices of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._totals = [(0, 0, 0)]

    def inverter(self, instant: datetime) -> dict[str, float]:
        """Values of the inverter at ``instant`` (UTC), named as in :data:`ingest.devices.sunspec_models.LAYOUTS`."""
        totals, power = self._at(instant)
        ac_power_w = power[0]
        return {
            "ac_power_w": ac_power_w,
            "dc_power_w": ac_power_w / INVERTER_EFFICIENCY,
            "energy_total_wh": totals[0],
            "voltage_v": VOLTAGE_V,
            "current_a": ac_power_w / VOLTAGE_V,
            "frequency_hz": FREQUENCY_HZ,
            "status_code": 4 if ac_power_w > 0 else 8,
        }

    def meter(self, instant: datetime) -> dict[str, float]:
        """Values of the grid meter at ``instant`` (UTC); power is positive when the home imports."""
        totals, power = self._at(instant)
        net_w = power[1] - power[2]
        return {
            "power_w": net_w,
            "import_total_wh": totals[1],
            "export_total_wh": totals[2],
            "voltage_v": VOLTAGE_V,
            "current_a": net_w / VOLTAGE_V,
            "frequency_hz": FREQUENCY_HZ,
        }

    def _at(self, instant: datetime) -> tuple[list[float], list[float]]:
        """Registers (Wh) and powers (W) of generation, import and export at ``instant``."""
        hour, within = divmod(instant - REGISTER_ZERO, _HOUR)
        if hour + 1 >= len(self._totals):
            self._totals = self._integrate(hour + _AHEAD_HOURS)
        # In the last moment of an hour the power is still that hour's.
        before, after = self._totals[hour : hour + 2]
        energy = [b - a for a, b in zip(before, after, strict=True)]
        share = within / _HOUR
        totals = [(total + mwh * share) / 1000 for total, mwh in zip(before, energy, strict=True)]
        return totals, [mwh / 1000 for mwh in energy]

    def _integrate(self, hours: int) -> list[tuple[int, int, int]]:
        """Generation, import and export (mWh) up to the end of each hour."""
        found = [(0, 0, 0)]
        for number in range(hours):
            of = self.home.flows(REGISTER_ZERO + number * _HOUR)
            generation, imported, exported = found[-1]
            found.append((generation + of.generation, imported + of.import_, exported + of.export))
        return found
