"""The reference at ``/docs``: every path, parameter and answer, from this machine alone."""

from __future__ import annotations

import shlex
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from conf import load_settings
from serving_layer.app import create_app
from store.web.reference import example
from tests.support import owner

KEPT_IN_ITS_HOME = {"/v1/sources"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("home")
    app = create_app(load_settings(home=home, port_offset=21_000))
    return owner.client(app)


def test_it_names_every_path_parameter_and_field(client: TestClient) -> None:
    document, answer = client.get("/openapi.json").json(), client.get("/docs")
    text = unescape(answer.text)
    for path, methods in document["paths"].items():
        assert f"GET {path}" in text
        for each in methods["get"].get("parameters", []):
            assert f"<code>{each['name']}</code>" in text
    for name in ("energy_wh", "completeness", "raised_at"):
        assert f"<code>{name}</code>" in text


def test_it_loads_and_runs_nothing(client: TestClient) -> None:
    answer = client.get("/docs", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for mark in ("<script", "src=", "<link", "@import", "url(", "http-equiv"):
        assert mark not in answer.text
    assert {urlsplit(each.split("'")[0]).netloc for each in answer.text.split("href='")[1:]} == {""}


def test_its_examples_are_taken(client: TestClient) -> None:
    """Nothing listens at its Cassandra: what is understood answers 503, and what needs no Cassandra is answered."""
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        if path.startswith("/v1"):
            curl, flag, bearer, address = shlex.split(example("", path, methods["get"]))
            assert (curl, flag, bearer) == ("curl", "-H", "Authorization: Bearer $TOKEN")
            asked = client.get(address)
            said = "month" if path.endswith(("/bills", "/bills/stated")) else ""
            understood = 200 if path in KEPT_IN_ITS_HOME else 503
            assert (asked.status_code == understood) or (said and said in asked.text), f"{address}: {asked.text}"
