"""Simulated installations of every kind, and every fault: what is true stands apart from what is received."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingest.catalogue.entries import CatalogueError, parse_catalogue
from ingest.simulator.truth.devices import quarters, readings
from ingest.simulator.truth.faults import panels
from ingest.simulator.truth.faults.inject import KINDS
from ingest.simulator.truth.flows import flows
from ingest.simulator.truth.known import read_known
from ingest.simulator.truth.world import CLOUDS, FAULTS, PRICES, READINGS, TRUTH, WORLD, Asked, NoWorld, write_world
from stack.cli import app

DAY = date(2026, 6, 10)
START = datetime(2026, 6, 10, tzinfo=timezone.utc)


def world(folder: Path, kind: str, seed: int, days: int = 1, every: int = 5) -> dict[str, Any]:
    """Readings, truth and faults of one installation."""
    entry = {
        "installation_id": f"{kind}-1",
        "kind": kind,
        "latitude": 37.4,
        "longitude": -6.0,
        "time_zone": "Europe/Madrid",
    }
    write_world(parse_catalogue(entry), Asked(DAY, days, every, seed), folder)
    lines = gzip.decompress((folder / READINGS).read_bytes()).splitlines()
    return {
        "lines": lines,
        "truth": pq.read_table(folder / TRUTH).to_pylist(),
        "faults": json.loads((folder / FAULTS).read_text()),
    }


@pytest.mark.parametrize("kind", ["home", "farm", "park"])
def test_an_installation_is_of_its_kind_and_its_flows_balance(tmp_path: Path, kind: str) -> None:
    truth = world(tmp_path, kind, 1)["truth"]
    assert Counter(row["quantity"] for row in truth) == dict.fromkeys(
        ("generation", "import", "export", "consumption"), 96
    )
    total = Counter[str]()
    for row in truth:
        total[row["quantity"]] += row["energy_wh"]
    assert total["generation"] + total["import"] == pytest.approx(total["export"] + total["consumption"])
    capacity_kw = {"home": 4, "farm": 60, "park": 1_000}[kind]
    assert 1.0 < total["generation"] / 1000 / capacity_kw < 8.0  # hours of full sun in June
    assert total["consumption"] > 0
    night = [row for row in truth if row["quantity"] == "generation" and row["start"].hour in (23, 0, 1, 2, 3)]
    assert all(row["energy_wh"] == 0 for row in night)


def test_the_same_seed_makes_the_same_world_and_another_another(tmp_path: Path) -> None:
    one, same, other = (world(tmp_path / name, "home", seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert one == same
    assert one["truth"] != other["truth"]
    assert one["faults"] != other["faults"]
    assert [each["kind"] for each in one["faults"]] == [*panels.KINDS, *KINDS]


@given(st.sampled_from(["home", "farm", "park"]), st.integers(0, 1000), st.sampled_from([1, 5, 15, 60]))
@settings(max_examples=20, deadline=None)
def test_registers_differ_by_what_truly_flowed_between(kind: str, seed: int, every: int) -> None:
    (entry,) = parse_catalogue({"installation_id": kind, "kind": kind})
    own = flows(entry, START, 1, np.random.default_rng(seed))
    said = readings(kind, own, every)
    true: dict[str, float] = defaultdict(float)
    for quantity, _, energy_wh in quarters(own):
        true[quantity] += energy_wh
    for device, field, quantity in (
        ("inverter", "energy_total_wh", "generation"),
        ("meter", "import_total_wh", "import"),
        ("meter", "export_total_wh", "export"),
    ):
        shown = [reading[field] for reading in said[device]]
        assert len(shown) == 1440 // every + 1
        assert shown == sorted(shown)
        assert shown[-1] - shown[0] == pytest.approx(true[quantity], abs=1)
    assert not any(reading["import_power_w"] and reading["export_power_w"] for reading in said["meter"])


def test_the_command_writes_what_replay_takes_and_the_truth_apart(tmp_path: Path) -> None:
    file = tmp_path / "homes.yaml"
    file.write_text(
        yaml.safe_dump([{"installation_id": "a", "kind": "home"}, {"installation_id": "c", "kind": "community"}])
    )
    done = CliRunner().invoke(
        app, ["simulate", str(file), "--days", "2", "--every", "15", "--out", str(tmp_path / "w")]
    )
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "w").iterdir()} == {READINGS, TRUTH, CLOUDS, PRICES, FAULTS, WORLD}
    assert "readings of 2 days" in done.output
    starts = {row["start"] for row in pq.read_table(tmp_path / "w" / TRUTH).to_pylist()}
    assert len(starts) == 2 * 96
    assert max(starts) < datetime.now(timezone.utc)


def test_a_file_without_an_installation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no home, farm or park"):
        write_world(parse_catalogue({"installation_id": "c", "kind": "community"}), Asked(DAY, 1, 15, 1), tmp_path)


def test_every_fault_in_twenty_installations_of_each_kind_leaves_totals_in_bounds_and_holes_refilled(
    tmp_path: Path,
) -> None:
    sites = [
        {"installation_id": f"{kind}-{number:02}", "kind": kind, "capacity_kw": kw}
        for kind, kw in (("home", 4.0), ("farm", 60.0), ("park", 1_000.0))
        for number in range(20)
    ]
    write_world(parse_catalogue(sites), Asked(DAY, 2, 5, 1), tmp_path)
    done = CliRunner().invoke(app, ["score", str(tmp_path), "--format", "json"])
    totals = json.loads(done.output)
    assert len(totals) == 60 * 4 * 2
    assert [each for each in totals if each["lost_wh"] or each["doubled_wh"]] == []
    assert done.exit_code == 0, "a hole was not found, or not refilled"
    said = " ".join(CliRunner().invoke(app, ["score", str(tmp_path)]).output.split())
    assert "480 totals of 60 installations: 0 outside their bounds" in said
    count = re.search(r"(\d+) holes: (\d+) found, (\d+) refilled", said)
    assert count is not None
    assert len(set(count.groups())) == 1
    assert int(count[1]) >= 40


def test_what_was_altered_afterwards_is_said_and_ends_with_1(tmp_path: Path) -> None:
    write_world(parse_catalogue({"installation_id": "casa", "kind": "home"}), Asked(DAY, 1, 5, 1), tmp_path)
    assert CliRunner().invoke(app, ["score", str(tmp_path)]).exit_code == 0
    table = pq.read_table(tmp_path / TRUTH).to_pylist()
    pq.write_table(
        pa.Table.from_pylist([row | {"energy_wh": row["energy_wh"] * 1.5} for row in table]), tmp_path / TRUTH
    )
    done = CliRunner().invoke(app, ["score", str(tmp_path), "--format", "csv"])
    assert done.exit_code == 1
    assert {line.split(",")[1] for line in done.output.splitlines()[1:]} == {
        "generation", "import", "export", "consumption"
    }  # fmt: skip


def test_a_folder_without_a_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoWorld, match="solera simulate"):
        read_known(tmp_path)
