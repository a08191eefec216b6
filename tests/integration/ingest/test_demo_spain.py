"""The demo's Spanish home on real servers: its registers, weather and prices stand in their topics, as records."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from conf import Settings
from energy.calendar import MADRID
from energy.topics import TOPICS, Rejected, TopicName
from ingest.catalogue.entries import parse_catalogue
from ingest.catalogue.registration import write_catalogue
from ingest.simulator.jerez import JEREZ, MUNICIPALITY, entry, load_jerez
from ingest.sources.asking import KEY
from stack.demo import spain
from store import cassandra
from tests.support.kafka_topic import messages


def test_its_registers_weather_and_prices_are_published(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    now = datetime.now(timezone.utc)
    jerez = load_jerez(stack.cache)
    with cassandra.session(stack) as session:
        write_catalogue(session, parse_catalogue([entry(jerez.home, "127.0.0.1", 5020, 18)]), now)
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    readings = spain.registers(jerez.home, start, start + timedelta(hours=1))
    spain.publish(stack, readings)
    spain.ask_services(stack, jerez, now)

    weather, prices, held = (records(stack, topic, now) for topic in ("weather", "prices", "readings"))
    assert "forecast" in {each["kind"] for each in weather if each["location_id"] == MUNICIPALITY}
    today = now.astimezone(MADRID).date()
    for market in ("spot", "pvpc"):
        days = {each["start"].astimezone(MADRID).date() for each in prices if each["market"] == market}
        assert days >= {today - timedelta(days=n) for n in range(7)}
    assert len([each for each in held if each["installation_id"] == JEREZ]) == len(readings)


def records(stack: Settings, topic: TopicName, now: datetime) -> list[dict[str, Any]]:
    """The records of a topic that are taken: on servers of all tests, some of others' messages are none."""
    found = []
    for each in messages(stack, topic):
        with suppress(Rejected):
            found.append(TOPICS[topic].parse(each.value, now + timedelta(minutes=5), True))
    return found
