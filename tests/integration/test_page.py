"""The page as a person uses it, in a real Chromium, on a server of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from conf import Settings
from serving_layer.access.token import token_of
from store import cassandra, schema
from tests.support import serving_rows as rows
from tests.support.servers.started import started

CHROMIUM = shutil.which("chromium")
AHEAD = timedelta(minutes=15)
"""The states are so much younger than now: a page may be looked at for so long until they are stale."""
WIDTHS = (390, 820, 1440)
PATIENCE_MS = 30_000
"""How long a busy machine may take to draw what a person waits for."""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium (Debian's package) is not on this machine")


@pytest.fixture(scope="module")
def served(stack: Settings, new_ports: Callable[[], int]) -> Settings:
    """A keyspace of our own, filled, and a port for a page of our own."""
    moved = new_ports() - stack.port_offset
    settings = stack.model_copy(
        update={
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "page"}),
            "home": stack.home / "page",
            "api": stack.api.model_copy(update={"port": stack.api.port + moved}),
        }
    )
    schema.apply_schema(settings)
    now = datetime.now(timezone.utc) + AHEAD
    with cassandra.session(settings) as session:
        rows.fill(session, now.replace(hour=0, minute=0, second=0, microsecond=0), now, 2)
    return settings


@pytest.fixture(scope="module")
def server(served: Settings) -> Iterator[psutil.Process]:
    """The API and the page; the test that ends it comes last."""
    with started(served, "api") as process:
        yield process


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(served: Settings, server: psutil.Process, chromium: Browser) -> Iterator[Callable[[int], Page]]:
    """Opens the page at a width by the link that `solera up` prints; nothing of its console may be an error."""
    errors: list[str] = []

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    contexts = []

    def opened(width: int) -> Page:
        size = ViewportSize(width=width, height=900)
        context = chromium.new_context(viewport=size, has_touch=width < 500, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.on("console", keep)
        page.goto(f"http://127.0.0.1:{served.api.port}/login?token={token_of(served)}")
        expect(page.locator(".tile-value").first).to_contain_text("W")
        return page

    yield opened
    for context in contexts:
        context.close()
    if server.is_running():
        assert errors == []


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_there_and_nothing_is_cut(visit: Callable[[int], Page], width: int) -> None:
    page = visit(width)
    expect(page.locator("#status")).to_contain_text("1 of 3 silent")
    expect(page.locator("#chart .scatterlayer .trace").first).to_be_visible(timeout=20_000)
    expect(page.locator(".member-name")).to_have_text(["Home 01", "Home 02", "Home 03"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("main, footer").count() == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_whoever_hears_the_page_or_uses_keys_meets_no_barrier(visit: Callable[[int], Page], width: int) -> None:
    page = visit(width)
    expect(page.locator("#chart .scatterlayer .trace").first).to_be_visible(timeout=20_000)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_home_is_chosen_and_its_link_opens_it_again(visit: Callable[[int], Page]) -> None:
    page = visit(1440)
    page.locator(".member", has_text="Home 02").click()
    expect(page.locator("#chosen")).to_contain_text("Home 02")
    page.wait_for_url("**/?installation=valle-02", timeout=PATIENCE_MS)
    page.reload()
    expect(page.locator("#chosen")).to_contain_text("Home 02")
    expect(page.locator(".member-name")).to_have_text(["Home 02"])
    page.get_by_text("Used", exact=True).first.click()
    expect(page.locator("#chart .scatterlayer .trace").first).to_be_visible()


def test_a_spanish_browser_reads_spanish_and_may_choose_english(
    served: Settings, visit: Callable[[int], Page], chromium: Browser
) -> None:
    context = chromium.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.api.port}/login?token={token_of(served)}")
    expect(page.locator(".tile-name").first).to_have_text("Producción ahora")
    assert page.evaluate("document.documentElement.lang") == "es"
    page.get_by_text("English", exact=True).click()
    expect(page.locator(".tile-name").first).to_have_text("Producing now")
    page.reload()
    expect(page.locator(".tile-name").first).to_have_text("Producing now")
    context.close()


def test_a_stranger_is_asked_for_the_token(served: Settings, visit: Callable[[int], Page], chromium: Browser) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.api.port}/?installation=valle-02")
    page.get_by_label("Token").fill("guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("body")).to_contain_text("That is not the token")
    context.close()


def test_a_server_that_goes_away_is_said_in_the_pill(visit: Callable[[int], Page], server: psutil.Process) -> None:
    page = visit(390)
    expect(page.locator("#status")).to_be_visible()
    expect(page.locator("#lost")).to_be_hidden()
    server.terminate()
    server.wait(30)
    expect(page.locator("#lost")).to_contain_text("No answer for", timeout=10_000)
    expect(page.locator("#status")).to_be_hidden()
    expect(page.locator("#age")).to_contain_text("What you see is from")
