"""The page's calls, as a browser makes them and as nobody should; nothing listens at its Cassandra."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from conf import load_settings
from serving_layer.access.door import SESSION, session_of
from serving_layer.app import create_app
from serving_layer.web import chart, page, parts, price_panel
from serving_layer.web.page import PARTS
from serving_layer.web.words.en import EN
from tests.unit.serving_layer.web.test_parts import snapshot, text
from tests.unit.serving_layer.web.test_price_panel import HOUR, price, shown

OUTPUT = ".." + "...".join(f"{name}.{part.property}" for name, part in PARTS.items()) + ".."
INPUTS = {"tick": ("n_intervals", 1), "chosen": ("value", "home"), "quantity": ("value", "generation"),
          "market": ("value", "pvpc")}  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("home")
    app = create_app(load_settings(home=home, port_offset=23_000))
    return TestClient(app, base_url="http://127.0.0.1", cookies={SESSION: session_of(app.state.token)})


def call(**changed: Any) -> dict[str, Any]:
    """The call that fills the page, with other inputs."""
    inputs = {name: (key, changed.get(name, value)) for name, (key, value) in INPUTS.items()}
    outputs = [{"id": name, "property": part.property} for name, part in PARTS.items()]
    return {
        "output": OUTPUT,
        "outputs": outputs,
        "inputs": [{"id": name, "property": key, "value": value} for name, (key, value) in inputs.items()],
        "changedPropIds": ["tick.n_intervals"],
        "state": [],
    }


def test_the_layout_and_its_parts_are_served(browser: TestClient) -> None:
    layout = json.dumps(browser.get("/_dash-layout").json())
    dependencies = browser.get("/_dash-dependencies").json()

    for part in PARTS:
        assert f'"id": "{part}"' in layout
    assert OUTPUT in {each["output"] for each in dependencies}


def test_a_call_fills_every_part(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = snapshot()
    prices = shown([price(seen.now + n * HOUR, 50.0) for n in range(24)], seen.now)
    monkeypatch.setattr(page, "take", lambda *_: seen)
    monkeypatch.setattr(price_panel, "take", lambda *_: prices)
    answer = browser.post("/_dash-update-component", json=call()).json()["response"]

    assert answer.keys() == PARTS.keys()
    assert {name: [*values] for name, values in answer.items()} == {n: [part.property] for n, part in PARTS.items()}
    assert text(answer["tiles"]["children"]) == text(parts.now_tiles(seen, EN))
    assert text(answer["members"]["children"]) == text(parts.members(seen, EN))
    assert text(answer["price-words"]["children"]) == text(price_panel.sentences(prices, EN))
    assert answer["prices"]["style"] == {}
    assert len(answer["chart"]["figure"]["data"]) == len(chart.figure(seen, "generation", EN).data)
    assert answer["updated"]["data"] == seen.now.timestamp()


def test_a_store_that_is_away_is_a_banner_over_what_was_shown(browser: TestClient) -> None:
    answer = browser.post("/_dash-update-component", json=call())

    shown = answer.json()["response"]
    assert list(shown) == ["banner"]
    assert "Cassandra at 127.0.0.1" in json.dumps(shown["banner"])


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": "x"},
        {"quantity": None},
        {"quantity": ["generation"]},
        {"quantity": {"a": 1}},
        {"market": None},
        {"market": "x"},
        {"market": []},
        {"chosen": 5},
        {"chosen": ["home"]},
        {"chosen": {"id": "home"}},
    ],
)
def test_an_input_that_the_page_does_not_have_changes_nothing(browser: TestClient, changed: dict[str, Any]) -> None:
    answer = browser.post("/_dash-update-component", json=call(**changed))

    assert answer.status_code in (200, 204)
    assert "response" not in (answer.json() if answer.content else {}) or not answer.json()["response"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'"x"', b"5", b"{}", b'{"output": 1}', b'{"output": "..x.."}', b"\xff\xfe",
     b'{"output": "banner.children", "inputs": null}'],
)  # fmt: skip
def test_what_is_no_call_is_one_line_in_the_log_and_no_word(
    browser: TestClient, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level(logging.INFO)
    answer = browser.post("/_dash-update-component", content=body, headers={"Content-Type": "application/json"})

    assert 400 <= answer.status_code < 500
    assert answer.content == b""
    logged = [each for each in caplog.records if each.name.startswith(("serving_layer", "flask", "werkzeug"))]
    assert len(logged) == 1
    assert logged[0].exc_info is None
    assert len(logged[0].getMessage()) < 200


@pytest.mark.parametrize(
    "path", ["/_dash-component-suites/x/y.js", "/_dash-component-suites/dash/nothing.js", "/assets/x"]
)
def test_a_part_that_is_not_there_is_one_line(browser: TestClient, caplog: pytest.LogCaptureFixture, path: str) -> None:
    answer = browser.get(path)

    assert 400 <= answer.status_code < 500
    assert all(each.exc_info is None for each in caplog.records)
