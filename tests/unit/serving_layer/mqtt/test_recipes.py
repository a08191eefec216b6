"""docs/recipes.md: its topics are published and taken, its templates render, its functions run, its readings count."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

from conf import load_settings
from conf.place import ROOT
from energy.topics import TOPICS
from ingest.push.gathering import Gathering
from ingest.push.rules import read_rules, reading_of
from serving_layer.mqtt.topics import of_discovery, of_forecast, of_forecast_discovery, of_state
from serving_layer.views.forecast import Forecast, ForecastHour
from tests.support.servers.push import push_server

DOCUMENT = (ROOT / "docs/recipes.md").read_text()
NOON = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
HOURS = tuple(
    ForecastHour(NOON + timedelta(hours=hour), 100.0 * hour, 200.0 * hour + 0.4, 300.0 * hour, "forest", "weather", "r")
    for hour in range(3)
)


def block(chapter: str, kind: str, number: int = 0) -> Any:
    """A block of a chapter, read."""
    (text,) = re.findall(rf"^## {chapter}\n(.*?)(?=^## |\Z)", DOCUMENT, re.M | re.S)
    found = re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)
    return json.loads(found[number]) if kind == "json" else yaml.safe_load(found[number])


def rendered(template: str, payload: str = "null", **names: Any) -> str:
    return str(NativeEnvironment().from_string(template).render(value_json=json.loads(payload), **names))


def power(export_w: float) -> dict[str, str]:
    return of_state("finca-1", {"generation_w": 3000.0, "export_w": export_w}, [])


def test_the_settings_are_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in re.findall(r"^(SOLERA_\w+)=(.*)$", DOCUMENT, re.M):
        monkeypatch.setenv(*line)
    mqtt = load_settings().mqtt
    assert (mqtt.broker, mqtt.publish) == ("192.168.1.10:1883", ["finca-1"])


@pytest.mark.parametrize("quantity", ["generation", "consumption"])
def test_a_forecast_is_discovered_with_its_sum_and_its_hours(quantity: str) -> None:
    published = of_forecast("finca-1", quantity, Forecast(NOON, HOURS))
    ((topic, content),) = of_forecast_discovery("finca-1", quantity).items()
    config = json.loads(content)
    assert re.fullmatch(r"homeassistant/sensor/[a-zA-Z0-9_-]+/config", topic)
    assert rendered(config["value_template"], published[config["state_topic"]]) in ("601", "601.0")
    assert set(json.loads(published[config["json_attributes_topic"]])) == {"issued_at", "model", "step", "values"}
    named = re.findall(r"`(issued_at|model|step|values|time|p\d\d_wh)`", DOCUMENT)
    hour = json.loads(published[config["json_attributes_topic"]])["values"][0]
    assert set(named) == {"issued_at", "model", "step", "values", *hour}


def test_power_is_discovered_by_a_template_that_gives_it() -> None:
    published = power(434.5)
    configs = [json.loads(content) for content in of_discovery("finca-1", {"export_w": 434.5}).values()]
    assert [rendered(each["value_template"], published[each["state_topic"]]) for each in configs] == ["434.5"]
    assert configs[0]["device"] == json.loads(next(iter(of_forecast_discovery("finca-1", "x").values())))["device"]


@pytest.mark.parametrize(("export_w", "acts"), [(2500.0, True), (100.0, False)])
def test_the_automation_acts_on_what_is_published(export_w: float, acts: bool) -> None:
    (automation,) = block("Home Assistant acts on it", "yaml")
    (trigger,) = automation["triggers"]
    said = rendered(trigger["value_template"], power(export_w)[trigger["topic"]])
    assert (said == trigger["payload"]) is acts


@pytest.mark.parametrize(("watt", "field"), [("350.5", "import_power_w"), ("-120", "export_power_w")])
def test_what_home_assistant_publishes_is_a_reading_by_the_rules(tmp_path: Path, watt: str, field: str) -> None:
    chapter = "Home Assistant's sensors become readings"
    (automation,) = block(chapter, "yaml")
    data = automation["actions"][0]["data"]
    states = {"sensor.grid_power": watt, "sensor.grid_import": "1520.034"}
    payload = NativeEnvironment().from_string(data["payload"]).render(states=states.get, now=lambda: NOON)
    said = payload if isinstance(payload, dict) else json.loads(payload)
    (tmp_path / "push.yaml").write_text(yaml.safe_dump(block(chapter, "yaml", 1)))
    gathering, devices = Gathering(), read_rules(tmp_path / "push.yaml")
    assert gathering.add(devices, data["topic"], json.dumps(said).encode(), receipt=1, is_old=False)
    drafts = [draft for _ in range(3) for draft in gathering.take()]
    reading = reading_of(drafts[0].device, drafts[0].time, drafts[0].fields, "mqtt")
    told = {name: reading[name] for name in ("device_id", "time", field, "import_total_wh")}
    assert told == {
        "device_id": "meter-1", "time": "2026-07-01T12:00:00Z", field: abs(float(watt)), "import_total_wh": 1520034.0,
    }  # fmt: skip


FUNCTION = """
const [func, payload] = process.argv.slice(1);
const env = {get: name => process.env[name]};
console.log(JSON.stringify(new Function("msg", "env", func)({payload: JSON.parse(payload)}, env)));
"""


def listening(flow: Any) -> list[dict[str, Any]]:
    return [node for node in flow if node["type"] == "mqtt in"]


def ran(flow: Any, payload: str, **environment: str) -> dict[str, Any]:
    """What the function of a flow makes of a payload, by the wires of the flow."""
    nodes = {node["id"]: node for node in flow}
    (begin,) = listening(flow)
    function = nodes[begin["wires"][0][0]]
    assert nodes[function["wires"][0][0]]["type"] in ("mqtt out", "http request")
    assert {node["broker"] for node in flow if node["type"].startswith("mqtt ")} == {"broker"}
    command = ["node", "-e", FUNCTION, function["func"], payload]
    done = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True, timeout=60)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


@needs_node
@pytest.mark.parametrize(("export_w", "said"), [(2500.0, "ON"), (100.0, "OFF")])
def test_the_flow_acts_on_what_is_published(export_w: float, said: str) -> None:
    flow = block("Node-RED acts on it", "json")
    (begin,) = listening(flow)
    assert ran(flow, power(export_w)[begin["topic"]])["payload"] == said


@needs_node
def test_the_flows_reading_is_taken_by_the_push_server(tmp_path: Path) -> None:
    flow = block("Node-RED's values become readings", "json")
    (request,) = [node for node in flow if node["type"] == "http request"]
    with push_server(tmp_path, ["finca-1"]) as server:
        made = ran(flow, '{"power": 1234.5, "total_kwh": 20.5}', SOLERA_TOKEN=server.token)
        assert (request["method"], request["url"]) == ("POST", "http://127.0.0.1:8001/v1/readings")
        assert made["headers"] == {"Authorization": f"Bearer {server.token}"}
        assert server.post(made["payload"]).status_code == 202
        (message,) = server.taken()
    TOPICS["readings"].parse(message.value, datetime.now(timezone.utc))
    assert json.loads(message.value)["energy_total_wh"] == 20500.0
