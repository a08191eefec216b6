"""The shape of what the API refuses. Nothing listens at its Cassandra, and what needs none is answered all the same."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from conf import load_settings
from serving_layer.access.token import token_of
from serving_layer.app import create_app
from serving_layer.web import answer, routes
from tests.support import owner

ENERGY = "/v1/installations/home/energy"
DAY = {"quantity": "generation", "from": "2026-03-29T00:00:00Z", "to": "2026-03-30T00:00:00Z"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("home")
    app = create_app(load_settings(home=home, port_offset=21_000))
    return owner.client(app)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"quantity": "sunshine"}, "quantity", id="unknown quantity"),
        pytest.param({"from": "yesterday"}, "from", id="no instant"),
        pytest.param({"from": "2026-03-29T00:00:00"}, "offset", id="no offset"),
        pytest.param({"from": "0001-01-01T00:00:00Z"}, "from", id="year 1"),
        pytest.param({"from": "9999-12-31T23:59:59-23:59"}, "from", id="year 10000"),
        pytest.param({"from": "2026-03-30T00:00:00Z"}, "to", id="empty range"),
        pytest.param({"from": "2020-01-01T00:00:00Z"}, "400 days", id="range too long"),
        pytest.param({"resolution": "week"}, "resolution", id="unknown resolution"),
        pytest.param({"tz": "Europe/Atlantis"}, "tz", id="unknown zone"),
        pytest.param({"tz": "../../etc/passwd"}, "tz", id="zone that is a path"),
        pytest.param({"as_of": "then"}, "as_of", id="as_of that is no instant"),
        pytest.param({"format": "xml"}, "format", id="unknown format"),
    ],
)
def test_a_bad_parameter_is_named(client: TestClient, change: dict[str, str], named: str) -> None:
    answer = client.get(ENERGY, params=DAY | change)

    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in problem["detail"]
    assert problem["type"] == "urn:solera:bad-parameter"
    assert problem["instance"] == ENERGY


def test_a_missing_parameter_is_named(client: TestClient) -> None:
    assert "from: Field required" in client.get(ENERGY, params={"quantity": "import"}).json()["detail"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic dXNlcg=="}])
def test_without_the_token_nothing_is_answered(client: TestClient, header: dict[str, str]) -> None:
    stranger = TestClient(client.app, base_url="http://127.0.0.1", headers=header)

    for path in ("/v1/installations", ENERGY, "/v1/ledger", "/v1/runs"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_store_that_is_away_is_named_at_once(client: TestClient) -> None:
    answer = client.get(ENERGY, params=DAY)

    assert answer.status_code == 503
    assert "Cassandra at 127.0.0.1:" in answer.json()["detail"]
    assert "retry-after" in answer.headers
    assert answer.elapsed.total_seconds() < 5


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("POST", "/v1/runs", 405)])
def test_what_is_not_there_is_a_problem_too(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_another_name_for_this_server_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "attacker.example"}).status_code == 400


def test_the_token_is_for_its_user_alone(client: TestClient) -> None:
    place: Path = client.app.state.settings.home / "token"  # type: ignore[attr-defined]

    assert place.stat().st_mode & 0o077 == 0
    assert len(place.read_text().strip()) >= 32


def test_openapi_is_3_1_and_every_data_path_wants_the_token(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        assert ("security" in methods["get"]) == path.startswith("/v1"), path
        if path.startswith("/v1"):
            assert {"401", "422", "503"} <= set(methods["get"]["responses"]), path


PAGE_PATHS = (
    "/", "/control", "/control/rows", "/control.csv", "/installation?id=x", "/installation.csv?id=x",
    "/control/stream", "/installation/live?id=x", "/installation/stream?id=x", "/installation/chart?id=x",
    "/installation/more?id=x", "/installation/totals?id=x", "/prices", "/prices.csv", "/quality",
    "/member?id=x", "/community?id=x", "/community.csv?id=x", "/community/proposals?id=x", "/community/stated?id=x",
    "/bill?id=x", "/bill.csv?id=x",
)  # fmt: skip


def test_every_path_of_the_pages_is_tried(client: TestClient) -> None:
    paths = {route.path for router in routes.ROUTERS for route in router.routes if isinstance(route, APIRoute)}
    assert paths == {path.partition("?")[0] for path in PAGE_PATHS} | {"/static/{name}"}


@pytest.mark.parametrize("path", PAGE_PATHS)
def test_a_page_lets_the_browser_ask_nobody_else(client: TestClient, path: str) -> None:
    """Cassandra is away: what a person sees is a page that says so."""
    page = browser(client).get(path)

    assert page.headers["content-security-policy"].startswith("default-src 'self'; script-src 'self'; ")
    assert page.status_code == 503
    assert re.search(r"<title>[^<]*Cassandra at 127.0.0.1[^<]* · Solera</title>", page.text)
    for attribute in ('src="http', 'href="http', 'src="//', 'href="//'):
        assert attribute not in page.text
    for name in re.findall(r'/static/[^"]+', page.text):
        loaded = browser(client).get(name)
        assert (loaded.status_code, "immutable" in loaded.headers["cache-control"]) == (200, True)


@pytest.mark.parametrize(
    "path",
    [
        "/installation", "/installation?id=x&period=decade", "/installation?id=x&day=yesterday",
        "/installation?id=x&quantity=sunshine", "/prices?market=spice", "/prices?day=2026-02-30",
        "/installation?id=x&day=0001-01-01", "/prices?day=9999-12-31",
    ],
)  # fmt: skip
def test_an_address_that_is_wrong_is_a_page_that_names_what(client: TestClient, path: str) -> None:
    answer = browser(client).get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    named = path.rpartition("&")[2].rpartition("?")[2].partition("=")[0]
    assert f">{'id' if named == '/installation' else named}: " in answer.text


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("/installation?id=casa&period=year&day=2026-03-01", "/installation?id=casa&period=year&day=2026-03-01"),
        ("/control?search=%C3%A1&sort=watts", "/control?search=%C3%A1&sort=watts"),
        ("/prices", "/prices?"),
    ],
)
def test_a_link_leads_on_after_the_login(client: TestClient, link: str, leads: str) -> None:
    stranger = TestClient(client.app, base_url="http://127.0.0.1", follow_redirects=False)
    assert stranger.get(link, headers={"Accept": "text/html"}).headers["location"] == "/login"
    stranger.post("/login", content=f"token={token_of(client.app.state.settings)}")  # type: ignore[attr-defined]
    assert stranger.get("/").headers["location"] == leads
    assert answer.LINK not in stranger.cookies


@pytest.mark.parametrize("link", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/v1/runs", "/x", "%"])
def test_a_forged_link_leads_nowhere(client: TestClient, link: str) -> None:
    visitor = browser(client)
    visitor.cookies.set(answer.LINK, quote(link, safe=""))
    assert visitor.get("/").status_code == 503


def test_what_pages_load_is_named(client: TestClient) -> None:
    for name in ("nothing.css", "..%2f..%2fanswer.py", "../answer.py"):
        assert client.get(f"/static/{name}").status_code == 404


def browser(client: TestClient) -> TestClient:
    """One that has logged in."""
    found = TestClient(client.app, base_url="http://127.0.0.1")
    token = token_of(client.app.state.settings)  # type: ignore[attr-defined]
    answer = found.post("/login", content=f"token={token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert token not in answer.headers["set-cookie"]
    return found


@pytest.mark.parametrize("path", PAGE_PATHS)
@pytest.mark.parametrize("headers", [{}, {"Cookie": "solera_session=guess"}, {"Cookie": "solera_session="}])
def test_nothing_of_a_page_is_shown_to_a_stranger(client: TestClient, path: str, headers: dict[str, str]) -> None:
    stranger = TestClient(client.app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)

    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["location"], answer.content) == (303, "/login", b"")


def test_a_stranger_is_asked_for_the_token(client: TestClient) -> None:
    stranger = TestClient(client.app, base_url="http://127.0.0.1")

    assert 'name="token"' in stranger.get("/").text
    wrong = stranger.post("/login", content="token=guess")
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    token = token_of(client.app.state.settings)  # type: ignore[attr-defined]
    assert (
        stranger.get("/login", params={"token": token})
        .headers["content-security-policy"]
        .startswith("default-src 'self'")
    )


@pytest.mark.parametrize("path", ["/control", "/login", "/v1/runs", "/healthz"])
def test_a_body_has_at_most_64_kib(client: TestClient, path: str) -> None:
    large = b"{" + b" " * (64 * 1024)

    for content in (large, iter([large])):
        answer = browser(client).post(path, content=content)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_long_address_is_refused(client: TestClient) -> None:
    assert client.get("/v1/runs", params={"x": "y" * 9000}).status_code == 414


def test_a_stranger_learns_of_no_file_and_no_device(client: TestClient) -> None:
    stranger = TestClient(client.app, base_url="http://127.0.0.1")
    home = str(client.app.state.settings.home)  # type: ignore[attr-defined]

    for path in ("/v1/runs", "/healthz", "/login", "/"):
        assert home not in stranger.get(path).text


def test_metrics_count_answers(client: TestClient) -> None:
    client.get("/v1/nothing")

    text = client.get("/metrics").text
    assert 'solera_request_seconds_count{path="other",status="404"}' in text
    assert 'solera_dependency_up{name="kafka"}' in text
