"""Simulated installations of every kind, and every fault: what is true stands apart from what is received."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from energy.energy_row import EnergyRow
from ingest.catalogue.entries import CatalogueError
from ingest.simulator.truth.devices import readings
from ingest.simulator.truth.faults import panels
from ingest.simulator.truth.faults.inject import KINDS
from ingest.simulator.truth.flows import quarters
from ingest.simulator.truth.known import Known, computed, read_known
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.world import (
    CLOUDS,
    FAULTS,
    PRICES,
    READINGS,
    TRUTH,
    WORLD,
    Asked,
    BadStep,
    NoWorld,
    seconds,
    write_world,
)
from stack.cli import app
from stack.commands.ask.score import NotPublished, Scored, score
from tests.unit.ingest.simulator.truth.test_sites import of_days

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
    write_world(parse_sites(entry), Asked(DAY, days, 60 * every, seed), folder)
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


@given(st.sampled_from(["home", "farm", "park"]), st.integers(0, 1000), st.sampled_from([10, 60, 300, 900, 3600]))
@settings(max_examples=20, deadline=None)
def test_registers_differ_by_what_truly_flowed_between(kind: str, seed: int, every_s: int) -> None:
    (site,) = parse_sites({"installation_id": kind, "kind": kind})
    own = of_days(site, START, seed)
    said = readings(own, every_s)
    true: dict[str, float] = defaultdict(float)
    for quantity, _, energy_wh in quarters(own):
        true[quantity] += energy_wh
    for device, field, quantity in (
        ("inverter", "energy_total_wh", "generation"),
        ("meter", "import_total_wh", "import"),
        ("meter", "export_total_wh", "export"),
    ):
        shown = [reading[field] for reading in said[device]]
        assert len(shown) == 86_400 // every_s + 1
        assert shown == sorted(shown)
        assert shown[-1] - shown[0] == pytest.approx(true[quantity], abs=1)
    assert not any(reading["import_power_w"] and reading["export_power_w"] for reading in said["meter"])


def test_the_page_s_own_example_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs" / "simulation.md").read_text(encoding="utf-8")
    file, out = tmp_path / "sites.yaml", str(tmp_path / "world")
    found = re.search(r"<<'END'\n(.*?)END\n(solera simulate .*?)\n(solera score .*?)\n", page, re.DOTALL)
    assert found is not None
    file.write_text(found[1])
    done, scored = (CliRunner().invoke(app, _words(line, file, out)) for line in (found[2], found[3]))
    assert done.exit_code == 0, done.output
    assert "readings of 7 days" in done.output
    assert {path.name for path in Path(out).iterdir()} == {READINGS, TRUTH, CLOUDS, PRICES, FAULTS, WORLD}
    truth = pq.read_table(Path(out) / TRUTH).to_pylist()
    starts = {row["start"] for row in truth}
    assert len(starts) == 7 * 96
    assert max(starts) < datetime.now(timezone.utc)
    assert {row["installation_id"] for row in truth if row["quantity"] == "charge"} == {"casa-2", "refugio"}
    assert {"import", "export"}.isdisjoint(row["quantity"] for row in truth if row["installation_id"] == "refugio")
    assert "154 totals of 5 installations" in " ".join(scored.output.split())


def _words(line: str, file: Path, out: str) -> list[str]:
    """The words of a command of the page, with its paths."""
    paths = {"sites.yaml": str(file), "world": out}
    return [paths.get(word, word) for word in line.split()[1:]]


@pytest.mark.parametrize("step", ["0", "61", "7s", "-5", "1.5", "s", "1h", "²"])
def test_a_step_that_no_device_keeps_is_refused(step: str) -> None:
    with pytest.raises(BadStep, match="is no step"):
        seconds(step)
    assert [seconds(each) for each in ("1", "15", "60", "10s", "1s", "120s")] == [60, 900, 3600, 10, 1, 120]


def test_a_file_without_an_installation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no home, farm or park"):
        write_world(parse_sites({"installation_id": "c", "kind": "community"}), Asked(DAY, 1, 900, 1), tmp_path)


def test_every_fault_in_twenty_installations_of_each_kind_leaves_totals_in_bounds_and_holes_refilled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, list[EnergyRow]]] = []

    def once(folder: Path, of: dict[str, Known]) -> Iterator[tuple[str, list[EnergyRow]]]:
        """The rows of the folder, which is scored in three ways and does not change."""
        counted.extend(() if counted else computed(folder, of))
        yield from counted

    monkeypatch.setattr("ingest.simulator.truth.known.computed", once)
    sites = [
        {"installation_id": f"{kind}-{number:02}", "kind": kind, "capacity_kw": kw}
        for kind, kw in (("home", 4.0), ("farm", 60.0), ("park", 1_000.0))
        for number in range(20)
    ]
    write_world(parse_sites(sites), Asked(DAY, 2, 300, 1), tmp_path)
    done = CliRunner().invoke(app, ["score", str(tmp_path), "--format", "json"])
    totals = json.loads(done.output)
    assert len(totals) == 60 * 4 * 2
    assert [each for each in totals if each["lost_wh"] or each["doubled_wh"]] == []
    assert done.exit_code == 0, "a hole was not found, or not refilled"
    said = " ".join(CliRunner().invoke(app, ["score", str(tmp_path)]).output.split())
    assert "480 totals of 60 installations: 0 outside their bounds" in said
    faults = {each["kind"]: each for each in _listed(tmp_path, "--of", "faults")}
    assert faults.keys() == {*panels.KINDS, *KINDS, "none"}
    assert {faults[kind]["put_in"] for kind in KINDS} == {60}
    # Every register that errs so is named; what is lost for a moment is no gap.
    assert {faults[kind]["in_values"] for kind in ("reset", "kWh for Wh", "zeros", "marker")} == {60}
    assert sum(faults[kind]["lost_wh"] > 0 for kind in faults) == len(panels.KINDS)
    count = re.search(r"(\d+) holes: (\d+) found, (\d+) refilled", said)
    assert count is not None
    assert len(set(count.groups())) == 1
    assert int(count[1]) >= 40


def test_a_community_is_the_sum_of_its_members(tmp_path: Path) -> None:
    homes = [{"installation_id": f"casa-{n}", "kind": "home", "community_id": "vecinos"} for n in range(3)]
    write_world(
        parse_sites([{"installation_id": "vecinos", "kind": "community"}, *homes]), Asked(DAY, 2, 900, 2), tmp_path
    )
    totals = defaultdict[tuple[str, str], float](float)
    for each in _listed(tmp_path):
        totals[each["quantity"], each["installation_id"][:4]] += each["true_wh"]
    assert {name for _, name in totals} == {"casa", "veci"}
    for quantity in ("generation", "import", "export", "consumption"):
        assert totals[quantity, "veci"] == pytest.approx(totals[quantity, "casa"]) != 0


def _listed(world: Path, *of: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, ["score", str(world), "--format", "json", *of])
    assert done.exit_code == 0, done.output
    listed: list[dict[str, Any]] = json.loads(done.output)
    return listed


def test_forecasts_are_a_running_solera_s(tmp_path: Path) -> None:
    write_world(parse_sites({"installation_id": "casa", "kind": "home"}), Asked(DAY, 1, 3600, 1), tmp_path)
    with pytest.raises(NotPublished, match="add --published"):
        score(tmp_path, of=Scored.forecasts)


def test_what_was_altered_afterwards_is_said_and_ends_with_1(tmp_path: Path) -> None:
    write_world(parse_sites({"installation_id": "casa", "kind": "home"}), Asked(DAY, 1, 300, 1), tmp_path)
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
