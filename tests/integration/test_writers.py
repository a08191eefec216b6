"""Whose reading is it: of an installation with a writer, what that writer has signed counts, in both layers alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from pydantic import SecretStr

from batch_layer import archive
from batch_layer.runs import Night, Run
from conf import Settings
from conf.writers import SIGNATURE, WRITER, NoSecret, secret_file, signature
from ingest.publishing.bulk import publish_all
from ingest.publishing.live import Publisher
from ingest.publishing.message import Message, message
from stack.services import environment
from store.catalogue import read_catalogue
from store.kafka import confluent
from store.spark import session
from tests.integration.conftest import come_as
from tests.support.speed_world import Job, Views, topic_ends

SOLERA = Path(sys.executable).parent / "solera"
NOW = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=5)
HOMES = [
    {"installation_id": "signed", "writer": "north", "devices": [{"device_id": "s-meter", "device_kind": "meter"}]},
    {"installation_id": "other", "writer": "south", "devices": [{"device_id": "o-meter", "device_kind": "meter"}]},
    {"installation_id": "free", "devices": [{"device_id": "f-meter", "device_kind": "meter"}]},
]


def reading(installation: str, minute: int, watts: float) -> Message:
    """A reading at :data:`NOW` and ``minute``."""
    of: dict[str, Any] = {"installation_id": installation, "device_id": f"{installation[0]}-meter"}
    record = of | {"device_kind": "meter", "time": NOW + timedelta(minutes=minute), "import_power_w": watts}
    return message("readings", record)


TRUE = [reading("signed", 0, 100.0), reading("other", 0, 100.0), reading("free", 0, 100.0)]
FORGED = [reading("signed", 0, 9e3), reading("signed", 1, 9e3), reading("signed", 2, 9e3), reading("signed", 3, 9e3)]


@pytest.fixture(scope="module")
def job(own_stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(come_as(own_stack, "speed")).items():
            patch.setenv(name, value)
        started = Job(own_stack, tmp_path_factory.mktemp("speed"))
    file = started.home / "homes.json"
    file.write_text(json.dumps(HOMES))
    here = {**os.environ, "SOLERA_HOME": str(started.home)}
    said = subprocess.run([SOLERA, "register", file], env=here, capture_output=True, text=True, check=True)
    assert "Writer north: its secret is in" in said.stdout
    started.start()
    yield started
    if started.alive:
        assert started.stop() == 0


@pytest.fixture(scope="module")
def sent(own_stack: Settings, job: Job) -> Settings:
    """The settings of whoever validates, after true and forged readings were sent and followed."""
    here = own_stack.model_copy(update={"home": job.home})
    gateway = come_as(own_stack, "ingest").model_copy(update={"home": job.home})
    north, south, nobody = (as_writer(gateway, name) for name in ("north", "south", ""))
    Publisher(north).send(TRUE[:1])
    Publisher(south).send(TRUE[1:2])
    publish_all(nobody, "readings", TRUE[2:])
    Publisher(nobody).send(FORGED[:1])
    Publisher(south).send(FORGED[1:2])
    raw = Producer(confluent(here))
    secret = secret_file(here, "south").read_bytes().strip()
    lie: list[tuple[str, str | bytes | None]] = [(WRITER, b"north"), (SIGNATURE, signature(secret, "readings", b"x"))]
    raw.produce("readings", FORGED[2].value, FORGED[2].key, headers=lie)
    copied: list[tuple[str, str | bytes | None]] = [
        (WRITER, b"north"),
        (SIGNATURE, signature(secret_file(here, "north").read_bytes().strip(), "readings", TRUE[0].value)),
    ]
    raw.produce("readings", FORGED[3].value, FORGED[3].key, headers=copied)
    assert raw.flush(30) == 0
    job.follow(topic_ends(here))
    return here


def as_writer(settings: Settings, name: str) -> Settings:
    return settings.model_copy(update={"writer": settings.writer.model_copy(update={"name": name})})


def test_forged_readings_end_in_the_quarantine_and_change_nothing(sent: Settings) -> None:
    views = Views(sent)
    refused = [row for row in views.session.execute("SELECT * FROM quarantine") if row.topic == "readings"]
    assert {row.payload for row in refused} == {each.value for each in FORGED}
    assert {(row.code, row.refused_id) for row in refused} == {("foreign writer", "signed")}
    kept = {(row[0], row[1]): row for row in views.table("inverter_state", "")}
    assert {installation for installation, _ in kept} == {"signed", "other", "free"}
    powers = views.session.execute("SELECT installation_id, import_power_w FROM inverter_state")
    assert {row.installation_id: row.import_power_w for row in powers} == dict.fromkeys(
        ("signed", "other", "free"), 100.0
    )


def test_the_night_archives_what_its_writer_signed_alone(own_stack: Settings, sent: Settings) -> None:
    # As the night that runs by itself: with the rights of its role alone.
    batch = come_as(own_stack, "batch").model_copy(update={"home": sent.home})
    spark = session(batch, "test writers")
    try:
        run = Run("20260101T000000Z", NOW, NOW + timedelta(days=1))
        counts = archive.archive_topic(Night(spark, batch, run), "readings", read_catalogue(batch))
    finally:
        spark.stop()
    assert counts == {"received": 7, "accepted": 3, "duplicate": 0, "quarantined": 4}


def test_a_writer_without_its_secret_sends_nothing(sent: Settings) -> None:
    with pytest.raises(NoSecret, match="Writer west has no secret: `solera register`"):
        Publisher(as_writer(sent, "west"))


def test_a_gateway_elsewhere_is_given_its_secret(sent: Settings, tmp_path: Path) -> None:
    secret = SecretStr(secret_file(sent, "north").read_text().strip())
    login = sent.writer.model_copy(update={"name": "north", "secret": secret})
    away = sent.model_copy(update={"home": tmp_path, "writer": login})
    Publisher(away).send([reading("signed", 4, 120.0)])
