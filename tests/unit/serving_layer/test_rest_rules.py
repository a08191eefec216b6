"""Rules of every path: unknown parameters, tags of what the client has, how often one may ask, wrong logins."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from conf import load_settings
from serving_layer.access import grants
from serving_layer.access.limits import Buckets
from serving_layer.api import provenance
from serving_layer.app import ROUTERS, create_app
from serving_layer.web.entrance import login
from store.web.etags import Etags
from tests.support import owner


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """Nothing listens at its Cassandra."""
    return create_app(load_settings(home=tmp_path, port_offset=21_000))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return owner.client(app)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The client of one application for all questions that leave it as it is."""
    app = create_app(load_settings(home=tmp_path_factory.mktemp("once"), port_offset=21_000))
    return owner.client(app)


PATHS = [route.path for router in ROUTERS if router.prefix == "/v1" for route in router.routes]  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", PATHS)
def test_a_parameter_that_a_path_does_not_have_is_refused_by_name(once: TestClient, path: str) -> None:
    for name in ("unit", "Format", "quantitty", "page", "ñ"):
        answer = once.get(path, params={name: "1"})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(f"{name}: is no parameter of this path")
    answer = once.get(path, params={"format": ["json", "csv"]})
    said = "is given more than once" if not path.endswith("/live") else "is no parameter"
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v1/installations/x/bills", "GET, POST"), ("/v1/installations/x/energy", "GET"), ("/bill?id=x", "GET, POST")],
)
def test_a_method_that_a_path_does_not_have_is_answered_with_all_that_it_has(
    once: TestClient, path: str, methods: str
) -> None:
    for method in ("OPTIONS", "PUT", "DELETE"):
        answer = once.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


def tagged() -> TestClient:
    app = FastAPI()

    @app.get("/v1/text")
    def text(said: str) -> Response:
        return Response(said, headers={"link": "<next>"})

    @app.get("/v1/stream")
    def stream() -> Response:
        return StreamingResponse(iter(["a", "b"]))

    @app.get("/other")
    def other() -> str:
        return "other"

    app.add_middleware(Etags, prefix="/v1")
    return TestClient(app)


TAGGED = tagged()


@given(st.text(), st.text())
def test_what_the_client_has_is_not_sent_again_and_anything_else_is(one: str, other: str) -> None:
    first = TAGGED.get("/v1/text", params={"said": one})
    tag = first.headers["etag"]
    again = TAGGED.get("/v1/text", params={"said": one}, headers={"If-None-Match": f'"x", {tag}'})
    changed = TAGGED.get("/v1/text", params={"said": other}, headers={"If-None-Match": tag})
    assert (first.status_code, first.text) == (200, one)
    assert (again.status_code, again.content, again.headers["etag"], again.headers["link"]) == (304, b"", tag, "<next>")
    assert (changed.status_code, changed.text) == ((304, "") if one == other else (200, other))
    assert first.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/v1/stream", "/other", "/v1/nothing", "/v1/text"])
def test_what_is_no_whole_answer_has_no_tag(path: str) -> None:
    answer = TAGGED.get(path, headers={"If-None-Match": "*"})
    assert "etag" not in answer.headers
    assert answer.status_code in (200, 404, 422)
    assert path != "/v1/stream" or answer.text == "ab"


def test_a_person_asks_so_often_and_the_owner_as_they_like(app: FastAPI, client: TestClient) -> None:
    app.state.limits = Buckets(60, 3)
    path = grants.access_file(app.state.settings)
    tokens = [grants.add(path, grants.person(name, "service", [], [], True)) for name in ("one", "two")]
    for token in tokens:
        headers = {"Authorization": f"Bearer {token}"}
        answers = [client.get("/v1/runs", headers=headers) for _ in range(5)]
        assert [each.status_code for each in answers] == [503, 503, 503, 429, 429]
        assert answers[-1].headers["retry-after"] == "1"
        assert answers[-1].json()["type"] == "urn:solera:too-many-requests"
    assert {client.get("/v1/runs").status_code for _ in range(20)} == {503}


@given(st.floats(1, 6000), st.integers(1, 20), st.lists(st.floats(0, 5), max_size=60))
def test_no_more_than_the_burst_and_what_time_has_brought_is_given(
    per_minute: float, burst: int, waits: list[float]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = [1e6]
        patch.setattr("serving_layer.access.limits.time.monotonic", lambda: clock[0])
        buckets, given_ = Buckets(per_minute, burst), 0
        for wait in waits:
            clock[0] += wait
            given_ += buckets.take("one")
        assert given_ <= burst + sum(waits) * per_minute / 60 + 1e-6
        assert buckets.take("another")


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1")


def test_wrong_tokens_are_looked_at_so_often(app: FastAPI, stranger: TestClient) -> None:
    answers = [stranger.post("/login", content="token=guess") for _ in range(login.AT_ONCE + 3)]
    assert [each.status_code for each in answers] == [401] * login.AT_ONCE + [429] * 3
    assert int(answers[-1].headers["retry-after"]) > 0
    right = next(iter(owner.bearer(app).values())).removeprefix("Bearer ")
    assert stranger.get("/login", params={"token": right}, follow_redirects=False).status_code == 429
    app.state.attempts = Buckets(login.PER_MINUTE, login.AT_ONCE)
    assert stranger.get("/login", params={"token": right}, follow_redirects=False).status_code == 303


def test_who_has_logged_in_to_the_page_asks_rest_and_logs_out_of_both(app: FastAPI, stranger: TestClient) -> None:
    stranger.cookies.update(owner.cookies(app))
    kept = dict(stranger.cookies)
    assert stranger.get("/v1/runs").status_code == 503
    assert stranger.post("/logout", follow_redirects=False).headers["location"] == "/login"
    assert stranger.get("/v1/runs").status_code == 401
    assert TestClient(app, base_url="http://127.0.0.1", cookies=kept).get("/v1/runs").status_code == 401


def test_who_waits_for_a_comparison_takes_no_place_of_a_short_question(client: TestClient) -> None:
    """Eight comparisons of a community at once: ``state`` answered 503 to everybody."""
    span = {"from": "2026-03-01", "to": "2026-03-02"}

    def kind_of(question: str) -> str:
        return str(client.get(f"/v1/installations/home/{question}", params=span).json()["type"])

    turn = contextmanager(provenance.ComparisonTurn.dependency)
    with ThreadPoolExecutor(12) as pool:
        with turn():
            comparisons = [pool.submit(kind_of, "reconcile") for _ in range(12)]
            refused = [each.result() for each in islice(as_completed(comparisons, timeout=60), 8)]
            assert set(refused) == {"urn:solera:busy"}
            assert {kind_of("gaps") for _ in range(9)} == {"urn:solera:cassandra-away"}
        assert Counter(each.result() for each in comparisons) == {"urn:solera:busy": 8, "urn:solera:cassandra-away": 4}
