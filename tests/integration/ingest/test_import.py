"""Files and Datadis' answers on real servers: what is published is what was shown, and twice is the same."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conf import Settings
from energy.calendar import MADRID
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from ingest.simulator.doors.datadis import rows_of, supply
from stack.cli import app
from store import cassandra
from tests.support.kafka_topic import messages
from tests.support.peers.datadis_service import datadis_service

HOME, CUPS = "imported-home", "ES0189000048220011CR"


def records(settings: Settings, installation: str) -> tuple[int, list[dict[str, Any]]]:
    """How many messages of ``installation`` topic intervals holds, and the distinct ones by time."""
    own = [message.value for message in messages(settings, "intervals") if message.key == installation.encode()]
    return len(own), sorted((json.loads(value) for value in set(own)), key=lambda record: record["start"])


def test_a_file_imported_twice_publishes_the_same_records(stack: Settings, tmp_path: Path) -> None:
    rows = [f"{CUPS};{day:02}/10/2026;{hour};0,{hour:02};R" for day in (24, 25) for hour in range(1, 25)]
    rows.append(f"{CUPS};25/10/2026;25;0,25;E")
    file, mapping = tmp_path / "octubre.csv", tmp_path / "casa.yaml"
    file.write_text("\n".join(["CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion", *rows]))
    mapping.write_text(f"{{form: cnmc, installation_id: {HOME}}}")
    for _ in range(2):
        done = CliRunner().invoke(app, ["import", str(file), "--mapping", str(mapping), "--yes"])
        assert done.exit_code == 0, done.output
        assert "49 records acknowledged by topic intervals" in done.output
    count, found = records(stack, HOME)
    assert (count, len(found)) == (98, 49)
    assert sum(record["import_wh"] for record in found) == pytest.approx(2 * 10 * sum(range(1, 25)) + 250)
    assert all(one["end"] == other["start"] for one, other in pairwise(found))
    assert found[-1]["method"] == "estimated"


def test_a_day_of_prices_imported_twice_publishes_the_same_records(stack: Settings) -> None:
    file = Path(__file__).parents[2] / "data" / "omie" / "PMD_20040102.txt"
    for _ in range(2):
        done = CliRunner().invoke(app, ["import", str(file), "--yes"])
        assert done.exit_code == 0, done.output
        assert "24 records acknowledged by topic prices" in done.output
    values = [message.value for message in messages(stack, "prices")]
    found = [json.loads(value) for value in values if b'"2004-01-0' in value]
    distinct = {json.dumps(record, sort_keys=True) for record in found}
    assert (len(found), len(distinct)) == (48, 24)
    assert {(record["market"], record["zone"], record["provider"]) for record in found} == {("spot", "ES", "omie")}


def test_datadis_is_asked_for_the_cups_that_are_registered(
    stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cassandra.session(stack) as session:
        entry = {"installation_id": "datadis-home", "kind": "home", "cups": CUPS}
        write_catalogue(session, parse_catalogue(entry), datetime.now(timezone.utc))
    monkeypatch.setenv("DATADIS_USERNAME", "12345678Z")
    monkeypatch.setenv("DATADIS_PASSWORD", "secret")
    today = datetime.now(MADRID).date()
    first, last = (today.replace(day=1) - timedelta(days=1)).replace(day=1), today.replace(day=1)
    with datadis_service(lambda: datetime.now(timezone.utc)) as service:
        monkeypatch.setenv("SOLERA_DATADIS__BASE", service.base)
        service.supplies = [supply(CUPS)]
        service.curves = {CUPS: lambda day, _: rows_of(day, CUPS, lambda _: 0.5)}
        asking = ["backfill", "datadis", "--from", f"{first}", "--to", f"{last}"]
        for _ in range(2):
            done = CliRunner().invoke(app, asking)
            assert done.exit_code == 0, done.output
        assert service.wasted == 0
    count, found = records(stack, "datadis-home")
    hours = (last - first).days * 24
    assert count == len(found)
    assert abs(count - hours) <= 1
    assert {(record["meter_id"], record["import_wh"], record["source"]) for record in found} == {
        (CUPS, 500.0, "datadis")
    }
    assert all(one["end"] == other["start"] for one, other in pairwise(found))
