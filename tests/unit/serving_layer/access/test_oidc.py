"""The login by an issuer lets in whom it truly names, in the browser that asked, once; every forgery is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from joserfc.jwk import RSAKey
from pydantic import SecretStr, ValidationError

from conf import load_settings
from conf.oidc import OidcSettings
from serving_layer.access import grants, sessions
from serving_layer.access.oidc import asking
from serving_layer.access.oidc import begun as beginnings
from serving_layer.access.oidc import issuer as issuers
from serving_layer.access.oidc.id_token import SKEW_SECONDS
from serving_layer.app import create_app
from serving_layer.web.answer import LINK
from serving_layer.web.entrance import login
from serving_layer.web.entrance.oidc import COOKIE
from tests.support.servers import crooked_issuer as crooked
from tests.support.servers.crooked_issuer import CLIENT, SECRET, Issuer, issuing

PAGES = "http://127.0.0.1:8000"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(Issuer()) as issuer:
        yield issuer


@pytest.fixture
def app(tmp_path: Path, issuer: Issuer) -> FastAPI:
    oidc = OidcSettings(issuer=issuer.url, client_id=CLIENT, client_secret=SecretStr(SECRET), pages=PAGES)
    settings = load_settings(home=tmp_path, port_offset=23_000, oidc=oidc)
    path = grants.access_file(settings)
    grants.add(path, grants.person("ana", "member", ["casa"], [], False))
    grants.set_identity(path, "ana", issuer.url, issuer.subject)
    return create_app(settings)


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=PAGES, follow_redirects=False)


def sent_on(browser: TestClient) -> str:
    """Where the browser is sent to log in."""
    sent = browser.get(issuers.BEGIN)
    assert sent.status_code == 303
    return sent.headers["location"]


def comes_back(browser: TestClient, issuer: Issuer) -> Response:
    return browser.get(issuers.BACK, params=issuer.log_in(sent_on(browser)))


def who(app: FastAPI, browser: TestClient) -> str:
    """As whom the browser is known, if at all."""
    person = app.state.logins.visitor(dict(browser.cookies))
    return person.name if person else ""


def test_whom_the_issuer_names_is_let_in_like_by_a_password(app: FastAPI, browser: TestClient, issuer: Issuer) -> None:
    form = browser.get("/login").text
    assert f'href="{PAGES}{issuers.BEGIN}"' in form
    answer = comes_back(browser, issuer)
    assert answer.status_code == 200
    assert "url=/" in answer.text
    kept = answer.headers.get_list("set-cookie")
    assert any(each.startswith(sessions.COOKIE) and "HttpOnly" in each and "SameSite=strict" in each for each in kept)
    assert any(each.startswith(f'{COOKIE}=""') for each in kept), "what was kept for the way is forgotten"
    assert who(app, browser) == "ana"
    browser.post("/logout")
    assert who(app, browser) == ""


@pytest.mark.parametrize("asks_for", ["client_secret_basic", "client_secret_post", "none"])
def test_a_client_shows_who_it_is_as_the_issuer_asks(app: FastAPI, issuer: Issuer, asks_for: str) -> None:
    issuer.asks_for = asks_for
    issuer.discovers = {"token_endpoint_auth_methods_supported": [asks_for]}
    oidc = app.state.settings.oidc.model_copy(update={"client_secret": SecretStr("" if asks_for == "none" else SECRET)})
    app = create_app(app.state.settings.model_copy(update={"oidc": oidc}))
    browser = TestClient(app, base_url=PAGES, follow_redirects=False)
    assert (comes_back(browser, issuer).status_code, who(app, browser)) == (200, "ana")


def test_a_verifier_that_is_not_that_of_the_challenge_opens_nothing(browser: TestClient, issuer: Issuer) -> None:
    back = issuer.log_in(sent_on(browser))
    issuer.codes[back["code"]]["code_challenge"] = "of another"
    assert browser.get(issuers.BACK, params=back).status_code == 401


def test_access_that_is_taken_back_and_another_identity_end_the_session(
    app: FastAPI, browser: TestClient, issuer: Issuer
) -> None:
    path = grants.access_file(app.state.settings)
    comes_back(browser, issuer)
    grants.set_identity(path, "ana", issuer.url, "another")
    assert who(app, browser) == ""
    grants.set_identity(path, "ana", issuer.url, issuer.subject)
    comes_back(browser, issuer)
    assert who(app, browser) == "ana"
    grants.revoke(path, "ana")
    assert who(app, browser) == ""
    assert comes_back(browser, issuer).status_code == 403


def test_whoever_is_not_known_reads_what_to_do_and_is_made_nobody(
    app: FastAPI, browser: TestClient, issuer: Issuer
) -> None:
    before = grants.access_file(app.state.settings).read_bytes()
    issuer.subject = "<b>eva</b>"
    issuer.says = {"email": "ana@example.org", "email_verified": True, "preferred_username": "ana", "name": "ana"}
    answer = comes_back(browser, issuer)
    assert answer.status_code == 403
    assert "solera access identity NAME &lt;b&gt;eva" in answer.text
    assert who(app, browser) == ""
    assert grants.access_file(app.state.settings).read_bytes() == before


NOW = int(time.time())
CLAIMS: dict[str, dict[str, Any]] = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong audience": {"aud": "another"},
    "another audience beside, and no party": {"aud": [CLIENT, "another"]},
    "made for another party": {"aud": [CLIENT, "another"], "azp": "another"},
    "no audience": {"aud": None},
    "wrong issuer": {"iss": "https://another.example.org"},
    "an issuer that begins alike": {"iss": "http://127.0.0.1"},
    "no issuer": {"iss": None},
    "expired": {"exp": NOW - 3600},
    "expired a little more than the clocks differ": {"exp": NOW - SKEW_SECONDS - 5},
    "never expires": {"exp": None},
    "expires at no time": {"exp": "tomorrow"},
    "of the future": {"iat": NOW + 3600},
    "not yet": {"nbf": NOW + 3600},
    "no time of issue": {"iat": None},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a number": {"sub": 7},
    "a long name": {"sub": "x" * 256},
    "a name with a space": {"sub": "https://issuer ana"},
}


@pytest.mark.parametrize("says", CLAIMS.values(), ids=CLAIMS)
def test_a_token_that_says_something_else_is_refused(
    app: FastAPI, browser: TestClient, issuer: Issuer, says: dict[str, Any]
) -> None:
    issuer.says = says
    answer = comes_back(browser, issuer)
    assert (answer.status_code, who(app, browser)) == (401, "")
    assert "believed" in answer.text


@pytest.mark.parametrize(
    "token",
    [crooked.unsigned, crooked.by_public_key, crooked.by_client_secret, crooked.by_another,
     lambda issuer, claims: crooked.signed(issuer, claims)[:-8] + "AAAAAAAA", lambda *_: "", lambda *_: "a.b.c"],
    ids=["unsigned", "by the public key", "by the client's secret", "by another key", "changed", "empty", "none"],
)  # fmt: skip
def test_a_token_that_the_issuer_has_not_signed_is_refused(
    app: FastAPI, browser: TestClient, issuer: Issuer, token: crooked.Token
) -> None:
    issuer.token = token
    assert (comes_back(browser, issuer).status_code, who(app, browser)) == (401, "")


@pytest.mark.parametrize("says", [{"exp": NOW - SKEW_SECONDS // 2 + 10}, {"iat": NOW + SKEW_SECONDS // 2}])
def test_clocks_may_differ_a_little(app: FastAPI, browser: TestClient, issuer: Issuer, says: dict[str, int]) -> None:
    issuer.says = {name: value - NOW + int(time.time()) for name, value in says.items()}
    assert (comes_back(browser, issuer).status_code, who(app, browser)) == (200, "ana")


def test_a_code_and_a_state_are_good_once(app: FastAPI, browser: TestClient, issuer: Issuer) -> None:
    location = sent_on(browser)
    kept = browser.cookies[COOKIE]
    back = issuer.log_in(location)
    assert browser.get(issuers.BACK, params=back).status_code == 200
    browser.cookies.clear()
    replayed = {"Cookie": f"{COOKIE}={kept}"}
    assert browser.get(issuers.BACK, params=back, headers=replayed).status_code == 401
    # With another code for the same state, too.
    again = issuer.log_in(location)
    assert browser.get(issuers.BACK, params=again, headers=replayed).status_code == 401
    # And a code that was used, in a login of its own.
    state = issuer.log_in(sent_on(browser))["state"]
    answer = browser.get(issuers.BACK, params={"code": back["code"], "state": state})
    assert (answer.status_code, who(app, browser)) == (401, "")
    assert "Begin again" in answer.text


def test_a_login_that_another_browser_began_is_refused(app: FastAPI, browser: TestClient, issuer: Issuer) -> None:
    back = issuer.log_in(sent_on(browser))
    other = TestClient(app, base_url=PAGES, follow_redirects=False)
    asked = list(issuer.asked)
    assert other.get(issuers.BACK, params=back).status_code == 401
    sent_on(other)
    assert other.get(issuers.BACK, params=back).status_code == 401
    for state in ("", "another", back["state"][:-1], back["state"] + "é"):
        assert other.get(issuers.BACK, params=back | {"state": state}).status_code == 401
    assert (who(app, other), issuer.asked) == ("", asked), "no code of theirs is given to the issuer"


def test_a_login_that_took_too_long_is_over(
    browser: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = issuer.log_in(sent_on(browser))
    late = time.time() + beginnings.LASTS_SECONDS + 1
    monkeypatch.setattr("serving_layer.access.oidc.begun.time.time", lambda: late)
    assert browser.get(issuers.BACK, params=back).status_code == 401


def test_the_redirect_is_that_of_the_settings_whatever_the_host(app: FastAPI, issuer: Issuer) -> None:
    for headers in ({"Host": "localhost"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        browser = TestClient(app, base_url=PAGES, follow_redirects=False)
        sent = browser.get(issuers.BEGIN, headers=headers)
        asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
        assert asked["redirect_uri"] == f"{PAGES}{issuers.BACK}"
        assert asked["scope"] == "openid", "nothing is asked about anybody but who they are"
    assert TestClient(app, base_url="http://evil.example").get(issuers.BEGIN).status_code == 400


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/login/oidc/back?x=1"])
def test_nobody_is_led_on_to_elsewhere(app: FastAPI, browser: TestClient, issuer: Issuer, to: str) -> None:
    browser.cookies.set(LINK, to)
    sent = browser.get(issuers.BEGIN, params={"next": to, "redirect_uri": to, "return_to": to})
    assert urlsplit(sent.headers["location"]).netloc == urlsplit(issuer.url).netloc
    back = issuer.log_in(sent.headers["location"])
    answer = browser.get(issuers.BACK, params=back | {"next": to})
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert browser.get("/").headers.get("location", "") != to


def test_the_answer_of_another_issuer_is_refused(app: FastAPI, browser: TestClient, issuer: Issuer) -> None:
    back = issuer.log_in(sent_on(browser)) | {"iss": "https://another.example.org"}
    assert browser.get(issuers.BACK, params=back).status_code == 401
    back = issuer.log_in(sent_on(browser)) | {"iss": issuer.url}
    assert browser.get(issuers.BACK, params=back).status_code == 200


def test_an_issuer_that_names_itself_must_do_so(browser: TestClient, issuer: Issuer) -> None:
    issuer.discovers = {"authorization_response_iss_parameter_supported": True}
    assert comes_back(browser, issuer).status_code == 401


def test_who_says_no_at_the_issuer_is_asked_again(browser: TestClient, issuer: Issuer) -> None:
    state = issuer.log_in(sent_on(browser))["state"]
    answer = browser.get(issuers.BACK, params={"error": "access_denied<script>", "state": state})
    assert answer.status_code == 401
    assert "script" not in answer.text
    assert "Begin again" in answer.text


def test_wrong_attempts_are_counted(browser: TestClient) -> None:
    statuses = [browser.get(issuers.BACK, params={"code": "x", "state": "x"}).status_code for _ in range(login.AT_ONCE)]
    assert statuses == [401] * login.AT_ONCE
    assert browser.get(issuers.BACK).status_code == 429


def test_an_issuer_that_is_away_is_said_and_the_local_login_stays(app: FastAPI, issuer: Issuer) -> None:
    away = Issuer(port=issuer.port)
    with issuing(Issuer()) as gone:
        away = gone
    settings = app.state.settings
    app = create_app(settings.model_copy(update={"oidc": settings.oidc.model_copy(update={"issuer": away.url})}))
    browser = TestClient(app, base_url=PAGES, follow_redirects=False, headers={"Accept-Language": "es"})
    answer = browser.get(issuers.BEGIN)
    assert answer.status_code == 503
    assert "no responde como debe" in answer.text
    grants.set_password(grants.access_file(settings), "ana", "el sol de la mañana")
    form = {"name": "ana", "password": "el sol de la mañana"}
    assert browser.post("/login", data=form).status_code == 303
    assert who(app, browser) == "ana"
    with issuing(away):
        assert browser.get(issuers.BEGIN).status_code == 503, "it is not asked again at once"


@pytest.mark.parametrize(
    "discovers",
    [{"issuer": "https://another.example.org"}, {"issuer": None}, {"token_endpoint": "http://another.example.org/token"},
     {"jwks_uri": None}, {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": "file:///etc/passwd"},
     {"large": "x" * asking.LARGEST_BYTES}],
    ids=lambda each: next(iter(each)),
)  # fmt: skip
def test_an_issuer_that_says_what_it_may_not_is_as_if_away(
    browser: TestClient, issuer: Issuer, discovers: dict[str, Any]
) -> None:
    issuer.discovers = discovers
    assert browser.get(issuers.BEGIN).status_code == 503


def test_what_an_issuer_says_is_kept_and_a_new_key_is_looked_for(
    app: FastAPI, browser: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert comes_back(browser, issuer).status_code == 200
    assert [path for path in issuer.asked if path != "/token"] == ["/.well-known/openid-configuration", "/keys"]
    issuer.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    assert comes_back(browser, issuer).status_code == 401, "its keys were fetched a moment ago"
    monkeypatch.setattr(asking, "RESTS_SECONDS", 0.0)
    assert comes_back(browser, issuer).status_code == 200
    assert issuer.asked.count("/keys") == 2


def test_without_an_issuer_there_is_no_such_door(tmp_path: Path) -> None:
    app = create_app(load_settings(home=tmp_path, port_offset=23_000))
    browser = TestClient(app, base_url=PAGES, follow_redirects=False)
    assert "oidc" not in browser.get("/login").text
    assert [browser.get(path).status_code for path in (issuers.BEGIN, issuers.BACK)] == [404, 404]


@pytest.mark.parametrize(
    "given",
    [{"issuer": "http://id.example.org"}, {"issuer": "https://id.example.org", "client_id": ""},
     {"issuer": "https://id.example.org", "pages": ""}, {"pages": "http://solera.example.org"}, {"issuer": "id"}],
)  # fmt: skip
def test_settings_that_can_not_be_safe_are_refused(given: dict[str, str]) -> None:
    whole = {
        "issuer": "https://id.example.org",
        "client_id": "solera",
        "client_secret": "",
        "pages": "https://a.example",
    }
    OidcSettings.model_validate(whole)
    with pytest.raises(ValidationError):
        OidcSettings.model_validate(whole | given)


def test_an_identity_is_one_persons(tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    for name in ("ana", "bo"):
        grants.add(path, grants.person(name, "member", ["casa"], [], False))
    grants.add(path, grants.person("batch", "service", [], [], True))
    grants.set_identity(path, "ana", "https://id.example.org", "7")
    grants.set_identity(path, "ana", "https://id.example.org", "7")
    for name, issuer, subject in (("bo", "https://id.example.org", "7"), ("bo", "", "8"), ("bo", "https://x", "a b"),
                                  ("batch", "https://x", "9"), ("nobody", "https://x", "9")):  # fmt: skip
        with pytest.raises(grants.BadGrant):
            grants.set_identity(path, name, issuer, subject)
    grants.set_identity(path, "bo", "https://id.example.net", "7")
