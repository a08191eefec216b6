"""The API that runs as the stack runs it, held to its own OpenAPI document."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
import requests

from conf import Settings
from serving_layer.access.token import token_of
from stack.process import Place, spawn, stop
from stack.services import services
from store import cassandra, schema
from tests.support import contract
from tests.support import serving_rows as rows


@pytest.fixture(scope="module")
def served(stack: Settings) -> Iterator[Settings]:
    """An API in a process of its own, over a keyspace of its own."""
    settings = stack.model_copy(
        update={
            "home": stack.home / "contract",
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "contract"}),
            "api": stack.api.model_copy(update={"watch": ["cassandra"]}),
        }
    )
    schema.apply_schema(settings)
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) + timedelta(minutes=15)
    session = cassandra.connect(settings)
    rows.fill(session, now.replace(hour=0, minute=0), now, 2)
    session.cluster.shutdown()
    place, api = Place(settings.home), services(settings)["api"]
    api.prepare()
    try:
        spawn(place, api)
        until = time.monotonic() + 60
        while True:
            try:
                api.ready()
                break
            except requests.RequestException:
                assert time.monotonic() < until
                time.sleep(0.5)
        yield settings
    finally:
        stop(place, "api", grace=10)


def test_no_request_makes_the_server_fail_or_break_its_contract(served: Settings) -> None:
    base = f"http://{served.api.host}:{served.api.port}"
    assert contract.is_kept(base, token_of(served), seconds=0, examples=8)
