"""The inputs that rules may name: any topic of a broker that is one, not many."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from ingest.push.gathering import Gathering
from ingest.push.rules import RulesError, read_rules


def rules(tmp_path: Path, topic: str) -> Path:
    path = tmp_path / "push.yaml"
    of = {"installation_id": "casa", "device_id": "d", "device_kind": "meter"}
    path.write_text(yaml.safe_dump([{**of, "inputs": {"import_power_w": {"input": topic, "path": "w"}}}]))
    return path


@pytest.mark.parametrize(
    "topic", ["home/power", "/home/power", "power", "home//power", "home/power/", "casa/contador 1"]
)
def test_an_input_is_any_topic(tmp_path: Path, topic: str) -> None:
    devices = read_rules(rules(tmp_path, topic))
    gathering = Gathering(lambda: datetime(2026, 1, 5, tzinfo=timezone.utc))
    assert gathering.add(devices, topic, json.dumps({"w": 5}).encode(), 1, is_old=False)
    assert [draft.fields for draft in gathering.take()] == [{"import_power_w": 5.0}]


@pytest.mark.parametrize("topic", ["", "home/+/power", "home/#", "#"])
def test_many_topics_are_no_input(tmp_path: Path, topic: str) -> None:
    with pytest.raises(RulesError, match="input"):
        read_rules(rules(tmp_path, topic))
