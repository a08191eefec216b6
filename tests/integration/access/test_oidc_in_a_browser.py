"""The login by an issuer of OpenID Connect as a person does it: a real issuer, a real browser, two sites."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect, sync_playwright
from pydantic import SecretStr

from conf import Settings
from conf.oidc import OidcSettings
from serving_layer.access import grants
from serving_layer.access.sessions import COOKIE
from tests.support.servers.apart import apart
from tests.support.servers.started import started

CHROMIUM = shutil.which("chromium")
SUBJECT = "6f1a1c9e"
PATIENCE_MS = 30_000
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium (Debian's package) is not on this machine")


@pytest.fixture(scope="module")
def issuer(new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An issuer in a process of its own, on another site than the pages: ``localhost`` is not ``127.0.0.1``."""
    port, log = new_ports() + 9400, tmp_path_factory.mktemp("issuer") / "log"
    command = [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as file:
        process = subprocess.Popen([*command, "--require-nonce", "--user", SUBJECT], stdout=file, stderr=file)
    url = f"http://localhost:{port}"
    try:
        answers(url, process, log)
        yield url
    finally:
        process.kill()
        process.wait()


def answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            requests.get(f"{url}/.well-known/openid-configuration", timeout=2).raise_for_status()
            return
        except requests.RequestException:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)


@pytest.fixture(scope="module")
def served(issuer: str, new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Pages without a store behind them: who has come in is told that it does not answer."""
    plain = apart(tmp_path_factory.mktemp("home"), new_ports())
    pages = f"http://127.0.0.1:{plain.api.port}"
    oidc = OidcSettings(issuer=issuer, client_id="solera", client_secret=SecretStr("hush"), pages=pages)
    settings = plain.model_copy(update={"oidc": oidc})
    grants.add(grants.access_file(settings), grants.person("ana", "member", ["casa"], [], False))
    with started(settings, "api"):
        yield settings


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_a_person_logs_in_at_the_issuer_once_they_are_known(served: Settings, issuer: str, chromium: Browser) -> None:
    path, host = grants.access_file(served), issuer.removeprefix("http://")
    context = chromium.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(f"{served.oidc.pages}/prices")
    page.get_by_role("link", name=f"Entrar con {host}").click()
    page.get_by_role("button", name=SUBJECT).click()
    expect(page.get_by_role("alert")).to_contain_text(f"solera access identity NOMBRE {SUBJECT}")
    assert not any(each["name"] == COOKIE for each in context.cookies())
    grants.set_identity(path, "ana", issuer, SUBJECT)
    page.get_by_role("link", name=f"Entrar con {host}").click()
    page.get_by_role("button", name=SUBJECT).click()
    # On to the page that was asked for, as somebody who has logged in.
    page.wait_for_url(re.compile(r"/prices\??$"))
    expect(page.locator("main")).to_contain_text("Cassandra no responde")
    kept = next(each for each in context.cookies() if each["name"] == COOKIE)
    assert (kept["httpOnly"], kept["sameSite"]) == (True, "Strict")
    grants.revoke(path, "ana")
    page.goto(f"{served.oidc.pages}/control")
    expect(page.get_by_role("link", name=f"Entrar con {host}")).to_be_visible()
    context.close()


def test_a_code_of_the_issuer_is_good_once_and_in_its_own_login_alone(
    served: Settings, issuer: str, chromium: Browser
) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{served.oidc.pages}/login/oidc")
    with page.expect_response("**/login/oidc/back**") as back:
        page.get_by_role("button", name=SUBJECT).click()
    used = back.value.url
    page.goto(used)
    expect(page.get_by_role("alert")).to_contain_text("Begin again")
    # The used code in another login that was begun here: the issuer gives nothing for it.
    page.goto(f"{served.oidc.pages}/login/oidc")
    state = page.url.partition("state=")[2].partition("&")[0]
    code = used.partition("code=")[2].partition("&")[0]
    page.goto(f"{served.oidc.pages}/login/oidc/back?code={code}&state={state}")
    expect(page.get_by_role("alert")).to_contain_text(f"{issuer.removeprefix('http://')} has not let you in")
    context.close()
