"""Both tables of readings hold every field of one, also where they were made before it had all."""

from __future__ import annotations

import re

import pytest

from energy.topics import TOPICS
from store.schema import schema_statements

CQL = {"string": "text", "double": "double", "bigint": "bigint", "timestamp": "timestamp"}
LATER = {"device_ahead_s", "gateway_ahead_s"}
"""Fields that a reading has had from a later version on."""


@pytest.mark.parametrize("table", ["inverter_state", "reading_by_day"])
def test_a_table_has_a_column_for_each_field_of_a_reading(table: str) -> None:
    made = next(each for each in schema_statements() if f"EXISTS {table} (" in each)
    columns = dict(re.findall(r"(\w+) (text|double|bigint|timestamp)\b", made))
    assert columns.items() >= {name: CQL[kind] for name, kind in TOPICS["readings"].columns.items()}.items()
    added = re.findall(rf"ALTER TABLE {table} ADD IF NOT EXISTS (\w+) double", "\n".join(schema_statements()))
    assert set(added) == LATER
