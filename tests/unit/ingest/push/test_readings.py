"""``POST /v1/readings`` over a real socket: what is answered, what is kept, and nothing between."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.push import http
from ingest.push.http import BadReadings, messages_of
from ingest.push.tokens import Site, admit, revoke
from tests.support import contract
from tests.support.servers.push import PushServer, push_server

ALL = {"installation_id": "finca", "device_id": "meter-1", "device_kind": "meter", "time": "2026-01-05T10:00:00Z"}
SITE = Site("x", frozenset({"finca", "casa"}))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushServer]:
    with push_server(tmp_path_factory.mktemp("home"), ["finca", "casa"]) as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(server: PushServer) -> None:
    server.taken()


def reading(**more: Any) -> dict[str, Any]:
    return {**ALL, "import_power_w": 120.5, **more}


def test_what_is_accepted_is_on_the_disk_as_it_was_sent(server: PushServer) -> None:
    batch = [reading(time=f"2026-01-05T10:00:{second:02}+01:00", status="día") for second in range(60)]
    answer = server.post(batch)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 60})
    kept = server.taken()
    assert [json.loads(message.value) for message in kept] == batch
    assert {(message.topic, message.key) for message in kept} == {("readings", b"finca")}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param(b"{", 422, "no JSON", id="cut off"),
        pytest.param(b"", 422, "no JSON", id="empty"),
        pytest.param(b"[]", 422, "one at least", id="none"),
        pytest.param(b'{"installation_id": "finca"}', 422, "JSON array", id="an object"),
        pytest.param(b"\xff\xfe", 422, "no JSON", id="no text"),
        pytest.param(b"[" * 100_000, 422, "no JSON", id="nested"),
        pytest.param(json.dumps([reading(), 7]).encode(), 422, "reading 1: an object", id="no object"),
        pytest.param(json.dumps([reading(time="10:00")]).encode(), 422, "reading 0: time", id="no instant"),
        pytest.param(json.dumps([reading(time="2026-01-05T10:00:00")]).encode(), 422, "timezone", id="no zone"),
        pytest.param(json.dumps([reading(import_power_w="7")]).encode(), 422, "import_power_w", id="text for a number"),
        pytest.param(json.dumps([reading(import_power_w=float("nan"))]).encode(), 422, "reading 0", id="NaN"),
        pytest.param(json.dumps([reading(status="\ud800")]).encode(), 422, "reading 0", id="half a sign"),
        pytest.param(json.dumps([reading(status="x" * 70_000)]).encode(), 422, "too large", id="a large reading"),
        pytest.param(json.dumps([reading(device_kind="toaster")]).encode(), 422, "device_kind", id="kind"),
        pytest.param(json.dumps([reading(), reading(installation_id="other")]).encode(), 403, "other", id="foreign"),
        pytest.param(b"[" + b" " * http.BODY_BYTES + b"]", 413, "at most", id="too long"),
    ],
)
def test_a_bad_batch_is_refused_whole_with_a_reason(server: PushServer, body: bytes, status: int, said: str) -> None:
    answer = server.post_bytes(body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert said in problem["detail"]
    assert server.taken() == []


def test_a_value_no_device_has_costs_itself_behind_kafka_and_not_the_reading(server: PushServer) -> None:
    assert server.post([reading(voltage_v=1e9)]).status_code == 202
    assert json.loads(server.taken()[0].value)["voltage_v"] == 1e9


@pytest.mark.parametrize("token", ["", "solera", "0" * 32, "é"])
def test_without_a_sites_token_nothing_is_taken(server: PushServer, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    answer = requests.post(f"{server.address}/v1/readings", json=[reading()], headers=headers, timeout=10)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "solera admit" in answer.json()["detail"]
    assert server.taken() == []


def test_a_token_counts_at_once_and_no_longer_once_revoked(server: PushServer) -> None:
    path = server.home / "secrets" / "push.json"
    token = admit(path, ["casa"])
    assert token not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert server.post([reading(installation_id="casa")], token).status_code == 202
    assert server.post([reading()], token).status_code == 403
    assert revoke(path, ["casa"]) == 2
    assert server.post([reading(installation_id="casa")], token).status_code == 401
    assert server.post([reading(installation_id="casa")]).status_code == 403
    assert server.post([reading()]).status_code == 202


def test_a_slow_body_is_let_go(server: PushServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.web.bounds.BODY_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), 10) as client:
        head = (
            f"POST /v1/readings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\nContent-Length: 99\r\n"
        )
        client.sendall(head.encode() + b"\r\n[")
        assert b" 408 " in client.recv(200)


def test_the_openapi_document_describes_the_reading(server: PushServer) -> None:
    document = requests.get(f"{server.address}/openapi.json", timeout=10).json()
    body = document["paths"]["/v1/readings"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["items"]["required"] == ["installation_id", "device_id", "device_kind", "time"]


def test_schemathesis_finds_no_breach_of_the_document(server: PushServer) -> None:
    assert contract.is_kept(server.address, server.token, seconds=0, examples=20)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.floats() | st.integers(), st.lists).map(
    lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_body_without_a_reading_is_refused(body: bytes) -> None:
    with pytest.raises(BadReadings, match=r"."):
        messages_of(body, SITE)
