"""Registers of devices of any values and scale factors, some values absent."""

from __future__ import annotations

import random
from datetime import datetime, timezone

from ingest.devices.huawei import BLOCKS, STATUS, VALUES
from ingest.devices.registers import INVALID, words
from ingest.simulator import image

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
FINE = {"voltage_v": (0, 320), "current_a": (0, 320), "frequency_hz": (45, 65), "soc_pct": (0, 100)}
"""What is measured finely, and from where to where."""
ABSENT = 0.125
"""Share of values that are left out."""


def sunspec_image(dice: random.Random, model: int) -> list[int]:
    """An inverter's (model 103) or a meter's (203), from the simulator's base on."""
    exponents = {"power": dice.randint(0, 2), "energy": dice.randint(-2, 2)}
    exponents |= {name: dice.randint(-2, -1) for name in FINE}
    shape = (image.INVERTER if model == 103 else image.METER)._replace(exponents=exponents)
    registers = image.blank(shape, "PEER")
    energies = ("energy_total_wh",) if model == 103 else ("export_total_wh", "import_total_wh")
    powers = ("ac_power_w", "dc_power_w") if model == 103 else ("power_w",)
    drawn = {name: dice.randint(1, 2**32 - 1) * 10.0 ** exponents["energy"] for name in energies}
    drawn |= {name: dice.randint(-32_000, 32_000) * 10.0 ** exponents["power"] for name in powers}
    drawn |= {name: dice.uniform(*FINE[name]) for name in ("voltage_v", "current_a", "frequency_hz")}
    image.write(registers, shape, NOW, {name: each for name, each in drawn.items() if dice.random() > ABSENT})
    return registers


def huawei_image(dice: random.Random) -> tuple[int, list[int]]:
    """A SUN2000's with its meter and battery: the first register, and all from there."""
    first = min(start for start, _ in BLOCKS.values())
    registers = [0] * (max(start + length for start, length in BLOCKS.values()) - first)
    for values in VALUES.values():
        for name, value in values.items():
            low, high = FINE.get(name, (-(10**4) if name.endswith("power_w") else 1, 10**4))
            number = round(dice.uniform(low, high) * value.divisor)
            held = words(INVALID[value.kind] if dice.random() < ABSENT else number, value.kind)
            registers[value.address - first : value.address - first + len(held)] = held
    for register in STATUS.values():
        registers[register - first] = 1
    return first, registers
