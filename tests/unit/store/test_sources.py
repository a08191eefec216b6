"""When each source last answered, over REST and in ``/healthz``, from the notes of whoever asked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from conf import load_settings
from ingest.sources.budget import ONCE, Budget, Came
from serving_layer.app import create_app
from serving_layer.checks import checks
from serving_layer.reader import Reader
from store.history.attempts import attempts_path
from tests.support import owner

NOW = datetime.now(timezone.utc).replace(microsecond=0)


def noted(home: Path) -> None:
    omie = Budget(attempts_path(home, "omie"), ONCE)
    omie.end("2026-11-25", NOW - timedelta(hours=5), "184 records", Came.ANSWER)
    omie.end("2026-11-26", NOW - timedelta(minutes=7), "0 records", Came.NOTHING)
    datadis = Budget(attempts_path(home, "datadis"), ONCE._replace(given_up=1))
    datadis.end("ES0189000048220011CR0F-2026-03", NOW - timedelta(days=3), "HTTP 500", Came.REFUSED)


def test_each_source_says_when_it_was_asked_and_answered_and_what_is_open(tmp_path: Path) -> None:
    app = create_app(load_settings(home=tmp_path, port_offset=21_000))
    client = owner.client(app)
    assert client.get("/v1/sources").json() == {"sources": []}
    noted(tmp_path)

    datadis, omie = client.get("/v1/sources").json()["sources"]
    assert (omie["source"], omie["open"], omie["given_up"], omie["outcome"]) == ("omie", 1, 0, "0 records")
    times = {name: datetime.fromisoformat(omie[name].replace("Z", "+00:00")) for name in ("asked", "answered", "next")}
    assert times == {
        "asked": NOW - timedelta(minutes=7),
        "answered": NOW - timedelta(hours=5),
        "next": NOW - timedelta(minutes=7) + ONCE.nothing[0],
    }
    assert (datadis["answered"], datadis["next"], datadis["open"], datadis["given_up"]) == (None, None, 0, 1)
    csv = client.get("/v1/sources", params={"format": "csv"}).text.splitlines()
    assert csv[0] == "source,asked,outcome,answered,open,given_up,next"
    assert len(csv) == 3


def test_healthz_says_it_without_a_token_and_names_nobodys_supply(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    check = checks(settings, Reader(settings))["sources"]
    assert check().text == "none was asked here"
    noted(tmp_path)
    assert check().text == "datadis never answered, 1 given up; omie answered 5 h ago, 1 questions open"
