"""Order, repetition and the cut into batches change nothing (third law).

The tables are modelled by Cassandra's rule: of two values of a cell the one with the later write time stays, at
equal write time the one with the greater bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from energy.conflict import merge
from speed_layer.readings_query.duplicates import Device, Key, Position, Stored, classify, key, may_be_stored
from speed_layer.readings_query.latest_state import latest
from tests.support.readings import reading

DEVICES = (("home-1", "inverter"), ("home-1", "other"), ("home-2", "inverter"))
FIELDS = ("ac_power_w", "energy_total_wh", "voltage_v")

_values = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([-1.0, 0.0, 1.0, 2.0]), min_size=1)
_readings = st.builds(
    lambda second, device, values: reading(second, device[1], **values) | {"installation_id": device[0]},
    st.integers(0, 6),
    st.sampled_from(DEVICES),
    _values,
)


class Tables:
    """``reading_by_day`` and ``inverter_state`` as Cassandra would keep them."""

    def __init__(self) -> None:
        self.readings: dict[Key, Stored] = {}
        self.state: dict[Device, dict[str, tuple[datetime, Any]]] = {}
        self.counts = [0, 0]

    def write(self, batch: list[tuple[Position, Mapping[str, Any]]]) -> None:
        newest = {device: fields["time"][1] for device, fields in self.state.items()}
        asked = may_be_stored((each for _, each in batch), newest)
        result = classify(batch, {at: self.readings[at] for at in asked if at in self.readings})
        for at, row in result.rows.items():
            held = self.readings.get(at)
            self.readings[at] = row._replace(reading=merge(held.reading, row.reading)) if held else row
        for at in latest((at, result.rows[at].reading) for at in sorted(result.rows, reverse=True)):
            self._write_state(result.rows[at].reading)
        self.counts[0] += len(result.accepted)
        self.counts[1] += result.duplicate

    def _write_state(self, row: Mapping[str, Any]) -> None:
        cells = self.state.setdefault(key(row)[:2], {})
        for name, value in row.items():
            held = cells.get(name)
            if held is None or row["time"] > held[0]:
                cells[name] = (row["time"], value)
            elif row["time"] == held[0]:
                cells[name] = (held[0], merge({name: held[1]}, {name: value})[name])

    def values(self) -> tuple[Any, ...]:
        return {at: dict(row.reading) for at, row in self.readings.items()}, self.state


def expected(readings: list[dict[str, Any]]) -> Tables:
    tables = Tables()
    for offset, each in enumerate(sorted(readings, key=lambda r: (r["time"], key(r)))):
        tables.write([((0, offset), each)])
    return tables


@settings(max_examples=250, deadline=None)
@given(st.lists(_readings, min_size=1, max_size=12), st.data())
def test_any_order_repetition_and_batching_ends_the_same(readings: list[dict[str, Any]], data: st.DataObject) -> None:
    repeated = readings + data.draw(st.lists(st.sampled_from(readings), max_size=8))
    log = [((0, offset), each) for offset, each in enumerate(data.draw(st.permutations(repeated)))]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(log)), max_size=4)) | {0, len(log)})
    tables = Tables()
    for first, last in pairwise(cuts):
        tables.write(log[first:last])
    assert tables.values() == expected(readings).values()
    assert sum(tables.counts) == len(log)


@settings(max_examples=150, deadline=None)
@given(st.lists(_readings, min_size=1, max_size=12), st.data())
def test_a_batch_written_in_part_and_replayed_ends_the_same(
    readings: list[dict[str, Any]], data: st.DataObject
) -> None:
    log: list[tuple[Position, Mapping[str, Any]]] = [((0, offset), each) for offset, each in enumerate(readings)]
    tables = Tables()
    result = classify(log, {})
    for at in data.draw(st.sets(st.sampled_from(sorted(result.rows)))):
        tables.readings[at] = result.rows[at]
        if data.draw(st.booleans()):
            tables._write_state(result.rows[at].reading)
    tables.write(log)
    assert tables.values() == expected(readings).values()
