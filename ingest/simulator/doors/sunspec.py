"""A world's inverters and meters as SunSpec devices: each shows what it has said, one reading after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from conf.refusal import Refusal
from ingest.catalogue.entries import InstallationEntry
from ingest.simulator import image
from ingest.simulator.server import ShownDevice
from ingest.simulator.truth.true_time import HEARD_AT
from store.instants import instant_of

MOST_UNITS = 247
"""Units that one Modbus address can have."""
INT16 = 32_767
SHAPES = {"inverter": image.INVERTER, "meter": image.METER}
"""Shapes by kind; other devices speak by MQTT alone."""
Reading = Mapping[str, Any]


class TooManyDevices(Refusal):
    """A world of more devices than one address has units."""


class Log:
    """The readings of one device in the order of their times: none is shown before ``now``, each until it was read.

    What errs in its time or form is not in it: those are faults of devices that send, and a log is in order.
    """

    def __init__(self, readings: Iterable[Reading], now: Callable[[], datetime]) -> None:
        self._by_time = {
            instant_of(reading["time"]): _points(reading) for reading in readings if HEARD_AT not in reading
        }
        self._times, self._now = sorted(self._by_time), now
        self.begin = self._times[0] - timedelta(seconds=1)

    @property
    def greatest_w(self) -> float:
        """The greatest power of either direction."""
        powers = (value for of in self._by_time.values() for name, value in of.items() if name.endswith("power_w"))
        return max(map(abs, powers), default=0.0)

    def following(self, last: datetime) -> datetime:
        """The time of the reading behind ``last``; ``last`` where it is not that late yet."""
        at = bisect_right(self._times, last)
        return self._times[at] if at < len(self._times) and self._times[at] <= self._now() else last

    def is_log_entry(self, _instant: datetime) -> bool:
        """Each is kept until it was read: the world's clock may run faster than anybody reads."""
        return True

    def values(self, instant: datetime) -> Mapping[str, float]:
        """Values said at ``instant``, by SunSpec's points."""
        return self._by_time[instant]


def devices(by_device: Mapping[str, Sequence[Reading]], now: Callable[[], datetime]) -> list[ShownDevice]:
    """Inverters and meters by their ids, each under a unit of its own from 1 on. Raises :class:`TooManyDevices`."""
    units = _units(by_device)
    if len(units) > MOST_UNITS:
        raise TooManyDevices(f"{len(units)} devices are more than the {MOST_UNITS} units of one Modbus address")
    return [_shown(unit, by_device[name], now) for name, unit in units.items()]


def _units(by_device: Mapping[str, Sequence[Reading]]) -> dict[str, int]:
    """Units of the devices that have a shape of SunSpec's."""
    shaped = (name for name in sorted(by_device) if by_device[name][0]["device_kind"] in SHAPES)
    return {name: unit for unit, name in enumerate(shaped, start=1)}


def _shown(unit: int, readings: Sequence[Reading], now: Callable[[], datetime]) -> ShownDevice:
    log = Log(readings, now)
    plain = SHAPES[readings[0]["device_kind"]]
    # Registers in whole Wh, as in the world; powers as fine as 16 bits hold them.
    exponents = {"energy": 0, "power": next(n for n in range(11) if log.greatest_w / 10**n < INT16)}
    return ShownDevice(unit, plain._replace(exponents={**image.EXPONENTS, **exponents}), log.values, log)


def _points(reading: Reading) -> dict[str, float]:
    named = {name: value for name, value in reading.items() if name.endswith(("_w", "_wh", "_v"))}
    if reading["device_kind"] == "meter":
        named["power_w"] = named.pop("import_power_w") - named.pop("export_power_w")
    return named


def catalogue(
    entries: Iterable[InstallationEntry], by_device: Mapping[str, Sequence[Reading]], at: tuple[str, int]
) -> list[dict[str, Any]]:
    """``entries`` as `solera register` takes them, with the world's devices at the address ``at`` instead of theirs."""
    units = _units(by_device)
    listed: dict[str, list[dict[str, Any]]] = {}
    for name, readings in by_device.items():
        device: dict[str, Any] = {"device_id": name, "device_kind": readings[0]["device_kind"]}
        if name in units:
            device["connection"] = {"protocol": "sunspec-tcp", "host": at[0], "port": at[1], "unit": units[name],
                                    "clock": "device"}  # fmt: skip
        listed.setdefault(str(readings[0]["installation_id"]), []).append(device)
    return [
        {
            **entry.model_dump(mode="json", exclude_unset=True, by_alias=True),
            "devices": listed.get(entry.installation_id, []),
        }
        for entry in entries
    ]
