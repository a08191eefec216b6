"""A file imported on a real broker: what is published is what was shown, and twice is the same."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conf import Settings
from stack.cli import app
from tests.support.kafka_topic import messages

HOME = "imported-home"


@pytest.mark.usefixtures("stack")
def test_twice_publishes_the_same_records(stack: Settings, tmp_path: Path) -> None:
    rows = [f"ES0189000048220011CR;{day:02}/10/2026;{hour};0,{hour:02};R" for day in (24, 25) for hour in range(1, 25)]
    rows.append("ES0189000048220011CR;25/10/2026;25;0,25;E")
    file, mapping = tmp_path / "octubre.csv", tmp_path / "casa.yaml"
    file.write_text("\n".join(["CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion", *rows]))
    mapping.write_text(f"{{form: cnmc, installation_id: {HOME}}}")
    for _ in range(2):
        done = CliRunner().invoke(app, ["import", str(file), "--mapping", str(mapping), "--yes"])
        assert done.exit_code == 0, done.output
        assert "49 records acknowledged by topic intervals" in done.output
    own = [message for message in messages(stack, "intervals") if message.key == HOME.encode()]
    assert len(own) == 98
    assert len({message.value for message in own}) == 49
    records = sorted((json.loads(value) for value in {message.value for message in own}), key=lambda one: one["start"])
    assert sum(record["import_wh"] for record in records) == pytest.approx(2 * 10 * sum(range(1, 25)) + 250)
    assert all(one["end"] == other["start"] for one, other in pairwise(records))
    assert records[-1]["method"] == "estimated"
