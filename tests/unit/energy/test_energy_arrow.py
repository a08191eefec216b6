"""The Arrow columns of an energy row are its fields, in order."""

from __future__ import annotations

from energy.energy_arrow import ENERGY_COLUMNS
from energy.energy_row import EnergyRow


def test_the_columns_are_the_rows_fields_in_order() -> None:
    assert tuple(name for name, _ in ENERGY_COLUMNS) == EnergyRow._fields
