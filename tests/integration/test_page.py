"""The pages as a person uses them, in a real Chromium, on a server of their own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from cassandra.cluster import Session
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from conf import Settings
from energy.calendar import months_later
from serving_layer.access import grants
from serving_layer.access.token import token_of
from store import cassandra, schema
from tests.support import serving_rows as rows
from tests.support.money.shares import fill_shares
from tests.support.servers.started import started

CHROMIUM = shutil.which("chromium")
AHEAD = timedelta(minutes=15)
"""The states are so much younger than now: a page may be looked at for so long until they are stale."""
DAYS = 40
WIDTHS = (390, 820, 1440)
MADRID = ZoneInfo("Europe/Madrid")
LAST_MONTH = months_later(datetime.now(MADRID).date().replace(day=1), -1)
PAGES = ("/control", "/installation?id=valle-02", "/installation?id=valle-02&period=month", "/prices", "/quality",
         "/member?id=valle-02", f"/community?id=valle&month={LAST_MONTH:%Y-%m}", "/bill?id=valle-02")  # fmt: skip
PATIENCE_MS = 30_000
"""How long a busy machine may take to draw what a person waits for."""
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium (Debian's package) is not on this machine")


class Look(NamedTuple):
    """How a browser shows pages."""

    width: int = 1440
    locale: str = "en-GB"
    theme: Theme = "light"


@pytest.fixture(scope="module")
def served(stack: Settings, new_ports: Callable[[], int]) -> Settings:
    """A keyspace of our own, filled, and a port for pages of our own."""
    moved = new_ports() - stack.port_offset
    settings = stack.model_copy(
        update={
            "cassandra": stack.cassandra.model_copy(update={"keyspace": "page"}),
            "home": stack.home / "page",
            "api": stack.api.model_copy(update={"port": stack.api.port + moved}),
        }
    )
    schema.apply_schema(settings)
    now = datetime.now(timezone.utc).replace(second=0, microsecond=0) + AHEAD
    with cassandra.session(settings) as session:
        cut = now.replace(hour=0, minute=0, second=0, microsecond=0)
        rows.fill(session, cut, now, DAYS)
        fill_shares(session, cut)
    return settings


@pytest.fixture(scope="module")
def server(served: Settings) -> Iterator[psutil.Process]:
    """The API and the pages; the test that ends it comes last."""
    with started(served, "api") as process:
        yield process


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session(served: Settings, server: psutil.Process, chromium: Browser) -> StorageState:
    """What a browser keeps after the link that `solera up` prints."""
    context = chromium.new_context()
    context.new_page().goto(f"{origin(served)}/login?token={token_of(served)}")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def errors() -> list[str]:
    """What the consoles of a test's pages have said."""
    return []


@pytest.fixture
def visit(
    served: Settings, server: psutil.Popen, chromium: Browser, session: StorageState, errors: list[str]
) -> Iterator[Callable[[str, Look], Page]]:
    """Opens a page for one who has logged in; nothing of its console may be an error."""

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error" and "/stream" not in message.location["url"]:
            errors.append(message.text)

    contexts: list[BrowserContext] = []

    def opened(path: str, look: Look = Look()) -> Page:  # noqa: B008 - a tuple
        size = ViewportSize(width=look.width, height=900)
        touch = look.width < 500
        context = chromium.new_context(
            viewport=size, has_touch=touch, locale=look.locale, color_scheme=look.theme, storage_state=session
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", keep)
        page.goto(origin(served) + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    if server.poll() is None:
        assert errors == []


Visit = Callable[..., Page]


def origin(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.api.port}"


def whole(page: Page) -> None:
    """Wait until the parts that come after the rest have come."""
    expect(page.locator("[data-fragment] > .empty")).to_have_count(0)
    page.wait_for_load_state("load")


@pytest.mark.parametrize("path", PAGES)
def test_screen_reader_and_keyboard_meet_no_barrier(visit: Visit, path: str) -> None:
    found = {}
    for locale in ("en-GB", "es-ES"):
        page = visit(path, Look(locale=locale))
        whole(page)
        expect(page.locator("main")).to_be_visible()
        for width, theme in product(WIDTHS, THEMES):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            results = Axe().run(page)
            found[width, locale, theme] = results.generate_report() if results.violations_count else ""
    assert {look: report for look, report in found.items() if report} == {}


def test_the_table_finds_sorts_and_filters_and_its_link_keeps_it(visit: Visit) -> None:
    page = visit("/control")
    names = page.locator("#fleet tbody th")
    expect(names).to_have_text(["Home 01", "Home 02", "Home 03"])
    expect(page.locator("#count")).to_have_text("3 of 3")
    expect(page.locator("#fleet tbody tr").first).to_contain_text("h")
    expect(page.locator('[data-live="live"]')).to_have_text("2 / 3")
    expect(page.locator('[data-live="alarms"]')).to_have_text("1")
    page.get_by_role("button", name="Now").click()
    expect(names).to_have_text(["Home 03", "Home 02", "Home 01"])
    page.get_by_label("Search").fill("02")
    expect(names).to_have_text(["Home 02"])
    page.get_by_label("Search").fill("")
    page.get_by_label("State").select_option("silent")
    expect(names).to_have_text(["Home 01"])
    page.reload()
    expect(names).to_have_text(["Home 01"])
    expect(page.locator("#count")).to_have_text("1 of 3")
    expect(page.locator("th.watts")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("section.alarms")).to_contain_text("forecast of use drifts")
    page.get_by_role("link", name="Home 01").click()
    page.wait_for_url("**/installation?id=valle-01")


@pytest.mark.parametrize("width", WIDTHS)
def test_another_day_week_month_and_year_are_chosen_and_linked(visit: Visit, width: int) -> None:
    page = visit("/installation?id=valle-02", Look(width))
    day = datetime.now(MADRID).date() - timedelta(days=3)
    page.get_by_label("Date").fill(day.isoformat())
    page.wait_for_url(f"**day={day}**")
    expect(page.locator("h2").first).to_contain_text(f"{day:%B %Y}".lstrip("0"))
    for kind in ("Week", "Month", "Year"):
        page.get_by_role("link", name=kind, exact=True).click()
        page.wait_for_url(f"**period={kind.lower()}**")
        expect(page.locator("[data-chart] svg path.published").first).to_be_attached()
    linked = page.url
    page.goto(origin_of(page) + "/prices")
    page.goto(linked)
    expect(page.get_by_role("link", name="Year", exact=True)).to_have_attribute("aria-current", "true")
    page.get_by_label("The period before").click()
    expect(page.locator("h2").first).to_have_text(str(day.year - 1))


def origin_of(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def test_whole_days_stand_beside_whole_days_and_add_up(visit: Visit) -> None:
    day = datetime.now(MADRID).date() - timedelta(days=5)
    page = visit(f"/installation?id=valle-02&day={day}")
    produced = page.locator(".energies tbody tr", has_text="Produced")
    this, before = (produced.locator("td").nth(n).inner_text().split("\n")[0] for n in (0, 1))
    assert this.split()[0] == before.split()[0] != "–"
    expect(page.locator(".shares")).to_contain_text("Self-consumption")
    expect(page.locator(".shares")).to_contain_text("Peak produced")
    page.goto(page.url.replace("day=", "period=day&day="))
    expect(produced.locator("td").nth(2)).to_have_text("+0 %")


def test_a_value_says_why_it_is_so_by_pointer_and_by_keys(visit: Visit) -> None:
    day = datetime.now(MADRID).date() - timedelta(days=5)
    page = visit(f"/installation?id=valle-02&day={day}")
    page.locator("[data-chart] .plot").click(position={"x": 400, "y": 100})
    expect(page.locator("#why")).to_contain_text("published by a night's run")
    expect(page.locator("#why")).to_contain_text(rows.OLD_RUN)
    expect(page.locator("#why")).to_contain_text("100 % of the time")
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_be_hidden()
    page.locator(".energies .value").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#why-head")).to_have_text("Produced")
    expect(page.locator("#why")).to_contain_text("nothing in doubt")


def test_powers_flow_and_come_by_themselves(visit: Visit, served: Settings) -> None:
    page = visit("/installation?id=valle-02")
    expect(page.locator('[data-live="sun-power"]')).to_have_text("1.60 kW")
    expect(page.locator('[data-live="grid-note"]')).to_have_text("given to it")
    expect(page.locator('[data-flow="sun-grid"]')).to_be_visible()
    expect(page.locator('[data-flow="grid-house"]')).to_be_hidden()
    line = page.locator(".frame .now").evaluate_handle("(line) => line")
    before = line.evaluate("(line) => line.style.left")
    with cassandra.session(served) as session:
        measured(session, 2345.0)
    expect(page.locator('[data-live="sun-power"]')).to_have_text("2.34 kW", timeout=15_000)
    expect(page.locator(".frame .point")).to_be_visible()
    page.wait_for_function("([line, before]) => line.style.left !== before", arg=[line, before])
    assert line.evaluate("(line) => line.isConnected")


def measured(session: Session, watts: float) -> None:
    """Another reading of an inverter, as the speed layer writes it."""
    row = {"installation_id": "valle-02", "device_id": "valle-02-inverter", "device_kind": "inverter"}
    rows.insert(session, "inverter_state", [row | {"time": datetime.now(timezone.utc) + AHEAD, "ac_power_w": watts}])


def test_every_value_comes_to_the_screen_while_the_page_stays_open(visit: Visit, served: Settings) -> None:
    page = visit("/installation?id=valle-02")
    whole(page)
    with cassandra.session(served) as session:
        for watts in range(101, 111):
            measured(session, watts)
            expect(page.locator('[data-live="sun-power"]')).to_have_text(f"{watts} W", timeout=15_000)


@pytest.mark.parametrize("cause", ["held back", "refused", "unknown"])
def test_a_page_without_events_asks(visit: Visit, served: Settings, cause: str) -> None:
    page = visit("/control")
    if cause == "unknown":
        page.add_init_script("delete window.EventSource")
    page.context.route("**/stream*", lambda route: held(route, cause))
    page.goto(origin_of(page) + "/installation?id=valle-02")
    with cassandra.session(served) as session:
        measured(session, 777.0)
    expect(page.locator('[data-live="sun-power"]')).to_have_text("777 W")
    for _ in range(10):
        expect(page.locator("#lost")).to_be_hidden()
        page.wait_for_timeout(1000)


def held(route: Route, cause: str) -> None:
    """A proxy that answers nothing, or has no place."""
    if cause == "refused":
        route.fulfill(status=503)


def test_a_row_of_the_table_stays_while_its_numbers_change(visit: Visit, served: Settings) -> None:
    page = visit("/control")
    row = page.locator("#fleet tbody tr", has_text="Home 02")
    expect(page.locator("#count")).to_have_text("3 of 3")
    link = row.locator("a")
    link.focus()
    with cassandra.session(served) as session:
        measured(session, 1234.0)
    expect(row.locator("td.watts")).to_have_text("1.23 kW")
    expect(link).to_be_focused()


def test_what_a_quarter_hour_has_brought_is_drawn_by_itself(visit: Visit) -> None:
    page = visit("/installation?id=valle-02&period=year")
    values = page.request.get(origin_of(page) + "/installation/live?id=valle-02").json()

    def told(route: Route) -> None:
        """The clock of a server that each time is a quarter-hour later."""
        values["n"]["now"] += 900
        route.fulfill(content_type="text/event-stream", body=f"data: {json.dumps(values)}\n\n")

    page.context.route("**/stream*", told)
    with page.expect_response("**/installation/chart*"):
        page.reload()
        page.locator("[data-chart] summary").click()
    page.wait_for_timeout(500)
    page.locator("[data-slot]").first.click()
    expect(page.locator("#why")).to_be_visible()


def test_a_member_sees_what_is_their_own_on_a_phone_and_nothing_of_others(served: Settings, visit: Visit) -> None:
    token = grants.add(grants.access_file(served), grants.person("ana", "member", ["valle-02"], [], False))
    page = visit("/prices", Look(390, "es-ES"))
    page.context.clear_cookies()
    page.goto(f"{origin(served)}/login?token={token}")
    page.wait_for_url("**/member?id=valle-02")
    expect(page.locator("main")).to_contain_text("Tu parte")
    expect(page.locator("main")).to_contain_text("de 42,20 € a 41,05 €, porque se comunicó otro consumo (5 horas)")
    expect(page.locator("footer")).to_contain_text("Tu coeficiente es el 30,00 %")
    for other in (
        "/member?id=valle-01",
        "/community?id=valle",
        "/community/proposals?id=valle",
        "/community/stated?id=valle",
        "/community.csv?id=valle",
    ):
        answer = page.request.get(origin(served) + other, fail_on_status_code=False)
        assert (answer.status in (403, 404), "401" in answer.text()) == (True, False)
    grants.revoke(grants.access_file(served), "ana")


@pytest.mark.usefixtures("server")
def test_a_member_logs_in_by_name_and_password_on_a_phone(served: Settings, chromium: Browser) -> None:
    path = grants.access_file(served)
    grants.add(path, grants.person("eva", "member", ["valle-02"], [], False))
    grants.set_password(path, "eva", "el sol de la mañana")
    context = chromium.new_context(locale="es-ES", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(origin(served))
    for password in ("el sol de la tarde", "el sol de la mañana"):
        assert not (results := Axe().run(page)).violations_count, results.generate_report()
        page.get_by_label("Nombre").fill("eva")
        page.get_by_label("Contraseña").fill(password)
        page.get_by_role("button", name="Entrar", exact=True).click()
        if password.endswith("tarde"):
            expect(page.get_by_role("alert")).to_contain_text("no abren esto")
    page.wait_for_url("**/member?id=valle-02")
    grants.revoke(path, "eva")
    page.goto(origin(served) + "/member?id=valle-02")
    expect(page.get_by_label("Contraseña")).to_be_visible()
    context.close()


def test_the_members_of_a_community_add_up_and_the_next_agreement_is_proposed(visit: Visit) -> None:
    page = visit(f"/community?id=valle&month={LAST_MONTH:%Y-%m}")
    whole(page)
    table = page.locator("table.members")
    cells = table.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    total = table.locator("tfoot tr").evaluate("(row) => [...row.cells].map((cell) => cell.textContent)")
    assert [row[1] for row in cells] == ["20.00 %", "30.00 %", "50.00 %"]
    for column in range(2, 8):
        numbers = [Decimal(row[column].removesuffix(" €").replace(",", "")) for row in (*cells, total)]
        assert sum(numbers[:-1]) == numbers[-1] > 0
    expect(table.locator("tbody tr").first).to_contain_text("3 hours estimated: 1.2 kWh of the share, 750 Wh from")
    proposals = page.locator("section", has_text="Proposals for the next agreement")
    expect(proposals.locator("table").first.locator("tbody tr")).to_have_count(7)
    expect(proposals.locator(".picture i")).to_have_count(14)
    page.get_by_label("The period before").click()
    expect(page.locator("main")).to_contain_text("Nothing of this month is settled.")


@pytest.mark.parametrize("look", [Look(width=390, locale="es-ES"), Look()])
def test_a_bill_adds_up_line_by_line_and_says_why_another_differs(visit: Visit, look: Look, tmp_path: Path) -> None:
    page = visit(f"/bill?id=valle-02&month={LAST_MONTH:%Y-%m}", look)
    whole(page)
    spanish = look.locale == "es-ES"

    def euros(rows: str) -> list[Decimal]:
        texts = [text.removesuffix(" €") for text in page.locator(f"{rows} td").all_inner_texts()]
        return [
            Decimal(text.replace(".", "").replace(",", ".") if spanish else text.replace(",", "")) for text in texts
        ]

    lines, (before,) = euros(".bill tbody:first-of-type tr:not(.sum)"), euros(".bill tbody:first-of-type .sum")
    assert sum(lines) == before > 0
    cases = page.locator(".bill tbody.case").count()
    for case in range(1, cases + 1):
        taxes = euros(f".bill tbody.case:nth-of-type({case + 1}) tr:not(.sum)")
        (total,) = euros(f".bill tbody.case:nth-of-type({case + 1}) .sum")
        assert before + sum(taxes) == total
    first = page.locator(".bill tbody tr").first
    expect(first).to_contain_text("Potencia P1" if spanish else "Power P1")
    expect(first).to_contain_text("BOE-A-")
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    with page.expect_download() as kept:
        page.get_by_role("link", name="CSV").click()
    form = tmp_path / "official.csv"
    kept.value.save_as(form)
    page.locator("input[type=file]").set_input_files(form)
    page.get_by_role("button", name="Comparar" if spanish else "Compare").click()
    causes = page.locator(".causes tbody tr")
    expect(causes).to_have_count(13)
    expect(causes.first).to_contain_text("Nuestra factura" if spanish else "Our bill")
    assert not (results := Axe().run(page)).violations_count, results.generate_report()
    page.locator("input[type=file]").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"kind\n"})
    page.get_by_role("button", name="Comparar" if spanish else "Compare").click()
    expect(page.get_by_role("alert")).to_contain_text("x.csv")


def test_charts_are_had_as_csv_and_as_a_picture(visit: Visit) -> None:
    for path in ("/installation?id=valle-02&period=month", "/prices"):
        page = visit(path)
        with page.expect_download() as sent:
            page.get_by_role("link", name="CSV").click()
        assert len(sent.value.path().read_text().splitlines()) > 1
        with page.expect_download() as drawn:
            page.get_by_role("button", name="PNG").click()
        assert drawn.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_theme_is_the_systems_until_another_is_chosen(visit: Visit) -> None:
    page = visit("/control", Look(theme="dark"))
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    light = page.evaluate(ground)
    assert light != dark
    page.get_by_role("button", name="As the system").click()
    expect(page.locator("html[data-theme]")).to_have_count(0)
    assert page.evaluate(ground) == dark
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()


def test_a_spanish_browser_reads_spanish_and_may_choose_english(visit: Visit) -> None:
    page = visit("/installation?id=valle-02", Look(locale="es-ES"))
    expect(page.locator(".shares")).to_contain_text("Autoconsumo")
    assert page.evaluate("document.documentElement.lang") == "es"
    page.get_by_role("button", name="English").click()
    expect(page.locator(".shares")).to_contain_text("Self-consumption")
    page.reload()
    expect(page.locator(".shares")).to_contain_text("Self-consumption")


ENGLISH = re.compile(
    r"\b(the|of|and|is|was|are|with|from|for|not|has|have|by|at|in|to|or|it|this|there|since|until|than|day|days|hours?|"
    r"week|month|year|today|now|live|silent|forecast|published|energy|power|used|readings?|missing|known|alarms?|device|"
    r"status|source|received|accepted|drifts|producing|speed|batch|weather|prices|gateway|night|disk|up|down|Nov)\b"
)
CODES = ("Home 0", "valle-", "Valle energy community", "solera ", "logs/", "run/", "day:")
"""Names of the tests' own, and what is written so whoever reads it."""
SHOWN = """() => {
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  const attributes = ["aria-label", "title", "placeholder", "alt", "data-png", "data-said", "data-since", "data-never",
    "data-units", "data-head"];
  const about = [...document.querySelectorAll("meta[name=description]")];
  const said = [document.title, ...about.map((each) => each.content)];
  document.querySelectorAll("body *").forEach((each) => {
    attributes.forEach((name) => { if (each.hasAttribute(name)) { said.push(each.getAttribute(name)); } });
    if (each.dataset.why) { said.push(...JSON.parse(each.dataset.why).flat()); }
    if (each.matches("script[type='application/json']")) {
      JSON.parse(each.textContent).forEach((slot) => said.push(slot.h, slot.t, ...slot.w.flat()));
    } else if (!each.matches("code, script, [lang=en]")) {
      said.push(...[...each.childNodes].filter((part) => part.nodeType === 3).map((part) => part.textContent.trim()));
    }
  });
  return said.filter((each) => each);
}"""


@pytest.mark.parametrize("path", [*PAGES, "/installation?id=valle-01&period=year", "/installation?id=vale", "/login",
                                  "/nowhere", "/prices?day=x"])  # fmt: skip
def test_a_spanish_page_says_nothing_in_english(visit: Visit, errors: list[str], path: str) -> None:
    page = visit(path, Look(locale="es-ES"))
    whole(page)
    said = page.evaluate(SHOWN)
    assert page.evaluate("document.documentElement.lang") == "es"
    assert len(said) > 5
    told = (text for text in said if not any(code in text for code in CODES))
    assert [text for text in told if ENGLISH.search(text)] == []
    if path not in PAGES:
        errors.clear()  # A browser writes down whatever is not there.


def test_prices_and_the_quality_of_data_are_shown(visit: Visit) -> None:
    page = visit("/prices")
    expect(page.locator("h2").first).to_contain_text(f"{datetime.now(MADRID):%B %Y}")
    expect(page.locator("main")).to_contain_text("€/kWh")
    expect(page.locator("main")).to_contain_text("off by 0.40 c€/kWh")
    page.goto(origin_of(page) + "/quality")
    expect(page.locator("main")).to_contain_text("not JSON: not UTF-8")
    expect(page.locator("main")).to_contain_text(rows.UNPUBLISHED)


def test_gaps_and_the_record_of_forecasts_stand_below_the_energy(visit: Visit) -> None:
    page = visit("/installation?id=valle-01&period=month")
    expect(page.locator("main")).to_contain_text("120 Wh an hour on average over 30 days")
    expect(page.locator("main")).to_contain_text("valle-01-inverter")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_paints_with_little_on_a_phone(visit: Visit, path: str) -> None:
    page = visit(path, Look(390))
    whole(page)
    sizes = "performance.getEntries().reduce((sum, each) => sum + (each.transferSize || 0), 0)"
    assert page.evaluate(sizes) < 150_000


@pytest.mark.parametrize("path", ["/control", "/installation?id=valle-02"])
def test_an_idle_page_costs_the_server_less_than_a_fiftieth_of_a_core(
    visit: Visit, server: psutil.Process, path: str
) -> None:
    page = visit("/login")
    alone = share_of_a_core(server, page)
    page.goto(origin_of(page) + path)
    whole(page)
    assert share_of_a_core(server, page) - alone < 0.02


def share_of_a_core(server: psutil.Process, page: Page) -> float:
    """What the server works while half a minute passes."""
    seconds, before = 31, sum(server.cpu_times()[:2])
    page.wait_for_timeout(1000 * seconds)
    return (sum(server.cpu_times()[:2]) - before) / seconds


def test_a_phone_may_install_it(visit: Visit) -> None:
    page = visit("/control", Look(390))
    whole(page)
    asked = page.context.new_cdp_session(page)
    manifest = asked.send("Page.getAppManifest")
    assert (manifest["errors"], '"start_url": "/"' in manifest["data"]) == ([], True)
    errors = {each["errorId"] for each in asked.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    # Browsers of tests keep nothing, so nothing can be installed in them.
    assert errors <= {"in-incognito"}


def test_a_stranger_is_asked_for_the_token_and_led_on(served: Settings, visit: Visit, chromium: Browser) -> None:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    community = next(path for path in PAGES if path.startswith("/community"))
    for path in (*PAGES, community):
        page.goto(origin(served) + path)
        page.get_by_label("Token").fill("guess")
        page.get_by_role("button", name="Log in by token").click()
        expect(page.get_by_role("alert")).to_contain_text("do not open this")
    page.get_by_label("Token").fill(token_of(served))
    page.get_by_role("button", name="Log in by token").click()
    page.wait_for_url(f"**{community}*")
    expect(page.locator("h1")).to_have_text("Valle energy community")
    context.close()


def test_what_is_not_there_is_said_as_a_page(visit: Visit, served: Settings) -> None:
    page = visit("/prices")
    answer = page.request.get(origin(served) + "/installation?id=vale-02")
    assert answer.status == 404
    assert "valle-02" in answer.text()
    assert "<nav" in answer.text()


@pytest.mark.parametrize("path", ["/control", "/installation?id=valle-02"])
def test_a_server_that_goes_away_is_said_in_the_pill(
    visit: Visit, server: psutil.Process, errors: list[str], path: str
) -> None:
    page = visit(path, Look(390))
    expect(page.locator("#lost")).to_be_hidden()
    server.suspend()
    try:
        expect(page.locator("#lost")).to_contain_text("No answer for", timeout=11_000)
        expect(page.locator("#since")).to_contain_text("What you see is from")
    finally:
        server.resume()
    expect(page.locator("#lost")).to_be_hidden()
    # It has lost the answers that Cassandra gave meanwhile.
    errors[:] = [each for each in errors if "status of 503" not in each]


def test_a_server_that_comes_again_is_shown_live_again(visit: Visit, server: psutil.Process, served: Settings) -> None:
    page = visit("/installation?id=valle-02")
    whole(page)
    server.kill()
    expect(page.locator("#lost")).to_contain_text("No answer for", timeout=11_000)
    with started(served, "api"):
        expect(page.locator("#lost")).to_be_hidden()
        with cassandra.session(served) as session:
            measured(session, 321.0)
        expect(page.locator('[data-live="sun-power"]')).to_have_text("321 W")
