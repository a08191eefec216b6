"""How long each table keeps its rows: stated for every one in schema.cql."""

from __future__ import annotations

import re

from store.schema import schema_statements

KEPT_FOR_GOOD = {
    "installation",
    "device",
    "energy_batch",
    "official",
    "max_power",
    "reactive_energy",
    "agreement",
    "settlement",
    "settlement_month",
    "bill_line",
    "retraction",
    "membership",
    "capacity",
    "recount",
    "run",
    "price",
    "price_skill",
    "schema_version",
}
"""What bills rest on, what names nobody, and the catalogue, which `solera forget` empties."""
DAY = 86_400


def retention_days() -> dict[str, int]:
    """Days of each table that has a limit."""
    found = {}
    for statement in schema_statements():
        table = re.match(r"(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)", statement)
        seconds = re.search(r"default_time_to_live = (\d+)", statement)
        if table and seconds:
            found[table[1]] = int(seconds[1]) // DAY
    return found


def test_every_table_has_a_limit_or_a_reason_for_none() -> None:
    made = {m[1] for each in schema_statements() if (m := re.match(r"CREATE TABLE IF NOT EXISTS (\w+)", each))}
    limited = retention_days()
    assert limited.keys() | KEPT_FOR_GOOD == made
    assert not limited.keys() & KEPT_FOR_GOOD


def test_refused_payloads_go_within_a_season_and_readings_within_forty_days() -> None:
    limited = retention_days()
    assert limited["quarantine"] == 90
    assert limited["reading_by_day"] == limited["energy_speed"] == 40
    assert all(1 <= days <= 800 for days in limited.values())
