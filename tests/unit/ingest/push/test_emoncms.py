"""emoncms' input API over a real socket: requests of its documentation and of its clients, and what becomes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.watched_file import WatchedFile
from ingest.push.emoncms_forms import FormatError, bulk, posted
from ingest.push.rules import Routing, Sample, read_rules
from tests.support.peers import emonhub
from tests.support.servers.push import PushServer, push_server

NOW = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
S = int(NOW.timestamp())
RULES = [
    {
        "installation_id": "finca",
        "device_id": "meter-1",
        "device_kind": "meter",
        "inputs": {
            "import_power_w": {"input": "emontx/power1"},
            "import_total_wh": {"input": "emontx/kwh", "factor": 1000},
            "voltage_v": {"input": "5/3"},
        },
    },
    {
        "installation_id": "other",
        "device_id": "meter-1",
        "device_kind": "meter",
        "inputs": {"import_power_w": {"input": "emontx/power1"}},
    },
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushServer]:
    home = tmp_path_factory.mktemp("home")
    (home / "push.yaml").write_text(yaml.safe_dump(RULES))
    with push_server(home, ["finca"]) as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(server: PushServer) -> None:
    server.taken()


def ask(server: PushServer, path: str, **how: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.token}"}
    return requests.request(how.pop("method", "GET"), f"{server.address}{path}", headers=headers, timeout=20, **how)


def taken(server: PushServer) -> list[dict[str, Any]]:
    return [json.loads(message.value) for message in server.taken()]


@pytest.mark.parametrize(
    ("path", "how", "answer"),
    [
        pytest.param("/input/post?node=emontx&json={power1:-100,kwh:2}", {}, "ok", id="loose json"),
        pytest.param('/input/post.json?node=emontx&json={"power1":-100,"kwh":2}', {}, "ok", id="quoted"),
        pytest.param('/input/post/emontx?fulljson={"power1":-100,"kwh":2}', {}, '{"success": true}', id="fulljson"),
        pytest.param("/input/post", {"method": "POST", "data": {"node": "emontx", "json": "power1:-100,kwh:2"}}, "ok",
                     id="form"),
        pytest.param("/input/post/emontx.json", {"method": "POST", "data": {"data": "{power1:-100,kwh:2,none:null}"}},
                     "ok", id="data"),
        pytest.param('/input/bulk?data=[[0,"emontx",{"power1":-100,"kwh":2}]]', {}, "ok", id="bulk"),
    ],
)  # fmt: skip
def test_inputs_are_fields_of_a_reading_now(server: PushServer, path: str, how: dict[str, Any], answer: str) -> None:
    begun = datetime.now(timezone.utc)
    response = ask(server, path, **how)
    assert (response.status_code, response.text) == (200, answer)
    assert response.headers["Content-Type"].startswith("text/plain")
    (reading,) = taken(server)
    measured = {"import_power_w": 0.0, "export_power_w": 100.0, "import_total_wh": 2000.0}
    named = {"schema": 1, "installation_id": "finca", "device_id": "meter-1", "device_kind": "meter"}
    assert abs((datetime.fromisoformat(reading.pop("time").replace("Z", "+00:00")) - begun).total_seconds()) < 20
    assert reading == named | measured | {"source": "emoncms"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/input/post?node=emontx", "no data"),
        ("/input/post?node=emontx&json={power1:high}", "not numeric"),
        ("/input/post?node=emontx&csv=1,high", "csv value"),
        ("/input/post?node=emontx&json={:7}", "key missing"),
        ("/input/post?node=emontx&fulljson={power1:7}", "not a valid JSON"),
        ('/input/post?node=emontx&fulljson={"a":{"b":1}}', "not a valid JSON"),
        ("/input/post?node=emontx&json={power1:7}&time=yesterday", "time"),
        ("/input/post?node=emontx&json={power1:7}&time=2026-07-01T12:00:00", "offset"),
        ("/input/post?node=emontx&json={power1:7}&time=1e30", "time"),
        ("/input/bulk", "not valid"),
        ("/input/bulk?data=[]", "not valid"),
        ("/input/bulk?data=7", "not valid"),
        ("/input/bulk?data=[7]", "last item"),
        ('/input/bulk?data=[[0,{"a":1},5]]', "node must not be an object"),
        ('/input/bulk?data=[["x",5,5]]&time=1', "time"),
        ("/input/bulk?data=zz&c=1", "hex not valid"),
        ("/input/bulk?data=00ff&c=1", "not valid"),
    ],
)
def test_what_is_no_input_is_refused_as_emoncms_refuses_it(server: PushServer, path: str, said: str) -> None:
    response = ask(server, path)
    assert response.status_code == 200
    assert response.json()["success"] is False
    assert said in response.json()["message"]
    assert taken(server) == []


@pytest.mark.parametrize(
    ("params", "times"),
    [
        pytest.param({}, [S - 4, S - 2, S], id="the last row is now"),
        pytest.param({"sentat": "4"}, [S - 4, S - 2, S], id="sent at"),
        pytest.param({"sentat": "10"}, [S - 10, S - 8, S - 6], id="sent before"),
        pytest.param({"offset": "-10"}, [S + 10, S + 12, S + 14], id="offset"),
        pytest.param({"time": "1387730127"}, [1387730127, 1387730129, 1387730131], id="time"),
    ],
)
def test_times_of_bulk_are_relative_as_its_parameters_say(params: dict[str, str], times: list[int]) -> None:
    data = "[[0,16,1137],[2,17,1437,3164],[3,18],[4,19,1412,null]]"
    for form in ({"data": data}, {"data": zlib.compress(data.encode()).hex(), "c": "1"}):
        samples = bulk(params | form, b"", NOW)
        assert [int(sample.time.timestamp()) for sample in samples] == times
        assert [sample.values for sample in samples] == [{"1": 1137}, {"1": 1437, "2": 3164}, {"1": 1412}]
    assert bulk(params | {"cb": "1"}, zlib.compress(data.encode()), NOW) == samples


@pytest.mark.parametrize("said", ["1782907200", "2026-07-01T14:00:00+02:00", "2026-07-01T12:00:00Z"])
def test_a_stated_time_is_the_readings(said: str) -> None:
    assert posted({"json": "a:1", "time": said}, "n", datetime.now(timezone.utc)).time == NOW
    own = {"fulljson": json.dumps({"a": 1, "Time": said})}
    assert posted(own, "n", datetime.now(timezone.utc)) == (NOW, "n", {"a": 1.0})


@pytest.mark.parametrize("said", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00", "2026-07-01T14:00:00", "x"])
def test_a_time_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(FormatError, match="time is neither"):
        posted({"json": "a:1", "time": said}, "n", NOW)


def test_a_bomb_is_refused(server: PushServer) -> None:
    body = zlib.compress(b"[" + b" " * 100_000_000 + b"]")
    response = ask(server, "/input/bulk?cb=1", method="POST", data=body)
    assert "more than" in response.json()["message"]


def test_inputs_without_a_rule_are_acknowledged_and_counted_by_name(server: PushServer) -> None:
    server.routing.unmatched.clear()
    assert ask(server, "/input/post?node=emontx&json={power9:1,power1:2}").text == "ok"
    assert ask(server, "/input/post?node=emonpi&json={power1:1}").text == "ok"
    assert len(taken(server)) == 1
    assert server.routing.unmatched == {"emontx/power9": 1, "emonpi/power1": 1}


def test_another_sites_key_and_none_are_turned_away(server: PushServer) -> None:
    for key in ("", "&apikey=" + "0" * 32):
        answer = requests.get(f"{server.address}/input/post?node=emontx&json=power1:1{key}", timeout=20)
        assert answer.status_code == 401
    own = requests.get(f"{server.address}/input/post?node=emontx&json=power1:1&apikey={server.token}", timeout=20)
    assert own.text == "ok"
    form = {"node": "emontx", "json": "power1:1", "apikey": server.token}
    assert requests.post(f"{server.address}/input/post", data=form, timeout=20).text == "ok"
    assert [reading["installation_id"] for reading in taken(server)] == ["finca", "finca"]


def test_without_rules_the_client_keeps_its_data_until_they_are_there(tmp_path: Path) -> None:
    with push_server(tmp_path, ["finca"]) as server:
        for text, said in ((None, "Name the inputs of finca"), ("- {device_id: 7}", "Field required"), ("{", "read")):
            if text is not None:
                (tmp_path / "push.yaml").write_text(text)
            response = ask(server, "/input/post?node=emontx&json=power1:1")
            assert response.status_code == 503
            assert said in response.json()["detail"]
        (tmp_path / "push.yaml").write_text(yaml.safe_dump(RULES))
        assert ask(server, "/input/post?node=emontx&json=power1:1").text == "ok"
        assert len(taken(server)) == 1


@pytest.mark.skipif("SOLERA_EMONHUB" not in os.environ, reason="SOLERA_EMONHUB names no source tree of emonhub")
@pytest.mark.parametrize("names", [["power1", "kwh"], []])
def test_emonhub_takes_the_answer_for_an_acknowledgement(server: PushServer, names: list[str]) -> None:
    now = int(time.time())
    frames = [{"time": now - 60 + n, "node": "emontx", "names": names, "values": [n, 2, 230]} for n in range(60)]
    if names:
        frames = [frame | {"values": [n, 2]} for n, frame in enumerate(frames)]
    command = [sys.executable, emonhub.__file__, os.environ["SOLERA_EMONHUB"], server.address, server.token]
    done = subprocess.run(
        command, input="\n".join(map(json.dumps, frames)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = taken(server)
    field, values = ("import_power_w", list(range(60))) if names else ("voltage_v", [230] * 60)
    assert [reading[field] for reading in found] == values
    first = datetime.fromisoformat(found[0]["time"].replace("Z", "+00:00")).timestamp()
    assert abs(first - (now - 60)) <= 2


texts = st.text(max_size=60) | st.sampled_from(["{a:1}", "1,2", '{"a":1}', "[[0,1,2]]", "[[1,2,[3]]]", "nan", "1e999"])


parameters = st.sampled_from(["json", "fulljson", "csv", "data", "node", "time", "c", "cb", "sentat", "offset"])


@settings(deadline=None)
@given(st.dictionaries(parameters, texts), st.binary(max_size=60))
def test_any_request_is_a_sample_or_refused(params: dict[str, str], body: bytes) -> None:
    reads: list[Callable[[], list[Sample]]] = [lambda: [posted(params, "", NOW)], lambda: bulk(params, body, NOW)]
    for read in reads:
        with suppress(FormatError):
            json.dumps([sample.values for sample in read()], allow_nan=False)


def test_a_field_of_several_inputs_is_their_sum_or_absent(tmp_path: Path) -> None:
    phases = [{"input": "emontx/power1"}, {"input": "emontx/power2", "factor": -1}]
    rules = [RULES[0] | {"inputs": {"import_power_w": phases, "voltage_v": {"input": "emontx/vrms"}}}]
    (tmp_path / "push.yaml").write_text(yaml.safe_dump(rules))
    routing = Routing(WatchedFile(tmp_path / "push.yaml", read_rules, []), "emoncms")
    samples = [
        Sample(NOW, "emontx", {"power1": 5.0, "power2": 7.5}),
        Sample(NOW + timedelta(seconds=10), "emontx", {"power1": 5.0, "vrms": 230.0}),
        Sample(NOW + timedelta(seconds=20), "emontx", {"power2": 5.0}),
    ]
    first, second = routing.readings(samples, frozenset({"finca"}))
    assert (first["import_power_w"], first["export_power_w"]) == (0.0, 2.5)
    assert second["voltage_v"] == 230.0
    assert "import_power_w" not in second
    assert routing.unmatched == {}
