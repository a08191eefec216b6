"""Loads in the shapes that every profile is made of: arithmetic over the minutes of an installation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


class Clock(NamedTuple):
    """The local hour (with its fraction) of each minute, the local month, and the warmth of the air in °C."""

    hour: Values
    month: npt.NDArray[np.int64]
    air_c: Values


class Steady(NamedTuple):
    """The same at all times."""

    watts: float


class Bump(NamedTuple):
    """More about one hour of the day, and less the farther from it."""

    watts: float
    hour: float
    width_h: float


class Runs(NamedTuple):
    """A machine that runs in a share of its blocks of so many minutes, in its hours of a day and months of a year."""

    watts: float
    minutes: int
    share: float
    hours: tuple[float, float] = (0.0, 24.0)
    months: tuple[int, int] = (1, 12)


class Below(NamedTuple):
    """Heating: so much for each degree of the air below a warmth, and no more than its most."""

    watts_per_c: float
    warmth_c: float
    most_w: float


class Above(NamedTuple):
    """Cooling: the like above it."""

    watts_per_c: float
    warmth_c: float
    most_w: float


Load = Steady | Bump | Runs | Below | Above


def drawn(load: Load, at: Clock, chance: np.random.Generator) -> Values:
    """The power (W) of each minute; ``chance`` decides when a machine runs."""
    count = len(at.hour)
    match load:
        case Steady(watts):
            power: Values = np.full(count, watts)
        case Bump(watts, hour, width_h):
            away = np.abs(at.hour - hour)
            power = watts * np.exp(-((np.minimum(away, 24 - away) / width_h) ** 2) / 2)
        case Runs(watts, minutes, share, hours, months):
            runs = np.repeat(chance.random(-(-count // minutes)) < share, minutes)[:count]
            is_day = (at.hour >= hours[0]) & (at.hour < hours[1])
            power = watts * (runs & is_day & (at.month >= months[0]) & (at.month <= months[1]))
        case Below(watts_per_c, warmth_c, most_w):
            power = np.clip(watts_per_c * (warmth_c - at.air_c), 0.0, most_w)
        case Above(watts_per_c, warmth_c, most_w):
            power = np.clip(watts_per_c * (at.air_c - warmth_c), 0.0, most_w)
    return power
