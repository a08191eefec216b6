"""Limits of an installation's flows, now and before, as far as they are registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from energy.energy_row import to_us
from energy.limits import Limits
from store.history.periods import ALWAYS, FOREVER, Period, value_at


def limits_of(capacities: Sequence[Period[float]], devices: Sequence[Any], is_closed: bool) -> Limits:
    """Limits of the flows of an installation with the ``capacities`` (kW) and the rows ``devices``.

    ``is_closed`` says whether it takes readings of those alone: else a battery may be there that is not known.
    """
    batteries = [device.capacity_kw for device in devices if device.device_kind == "battery"]
    is_whole = is_closed and None not in batteries
    devices_kw = {device.device_id: device.capacity_kw for device in devices if device.capacity_kw is not None}
    edges = {edge for each in capacities for edge in (each.start, each.end)} - {ALWAYS, FOREVER}
    of = [(since, value_at(capacities, since)) for since in (ALWAYS, *sorted(edges))]
    powers = [(kw, devices_kw, sum(batteries, kw) if kw and is_whole else None) for _, kw in of]
    limits = Limits(*powers[0])
    for (since, _), known in zip(of[1:], powers[1:], strict=True):
        limits = Limits(*known, to_us(since), limits)
    return limits
