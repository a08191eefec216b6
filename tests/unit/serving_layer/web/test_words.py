"""The languages of the page: all say the same, and a browser is answered in one of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from conf import load_settings
from serving_layer.access.sessions import COOKIE as SESSION
from serving_layer.app import create_app
from serving_layer.web.words import words as words_module
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.language import COOKIE, LANGUAGES, words_for
from serving_layer.web.words.words import Words
from tests.support import owner

TEMPLATES = Path(words_module.__file__).parents[1] / "templates"


def filled(phrase: Any) -> Any:
    """What is filled into a phrase; of a table, its keys."""
    if isinstance(phrase, Mapping):
        return {key: filled(value) for key, value in phrase.items()}
    return sorted(re.findall(r"{(\w+)}", phrase)) if isinstance(phrase, str) else len(phrase)


@pytest.mark.parametrize("field", [field.name for field in fields(Words)])
def test_each_phrase_takes_the_same_in_every_language(field: str) -> None:
    said = [getattr(words, field) for words in LANGUAGES.values()]
    assert all(said)
    assert len({str(filled(each)) for each in said}) == 1


@pytest.mark.parametrize(
    ("chosen", "accepted", "words"),
    [
        (None, "", EN),
        (None, "es", ES),
        (None, "es-ES,es;q=0.9,en;q=0.8", ES),
        (None, "es-MX", ES),
        (None, "en-GB,es;q=0.5", EN),
        (None, "de-DE,fr;q=0.9", EN),
        (None, "de-DE,es;q=0.1", ES),
        (None, "en;q=0.2,es;q=0.9", ES),
        ("en", "es-ES", EN),
        ("es", "en-GB", ES),
        ("../x", "es", ES),
        (None, ";;;q=x,,", EN),
    ],
)
def test_a_browser_is_answered_in_a_language_of_its_own(chosen: str | None, accepted: str, words: Words) -> None:
    assert words_for(chosen, accepted) is words


@pytest.mark.parametrize(
    ("words", "kilowatts", "energy", "price"),
    [
        (EN, ["1.50", "1,234.50", "-1.00"], "12,345.60", "0.123 €/kWh"),
        (ES, ["1,50", "1.234,50", "-1,00"], "12.345,60", "0,123 €/kWh"),
    ],
)
def test_numbers_are_written_as_the_language_does(words: Words, kilowatts: list[str], energy: str, price: str) -> None:
    assert [words.power(watts) for watts in (1500.0, 1_234_500.0, -1000.0)] == [(each, "kW") for each in kilowatts]
    assert (words.power(999.0), words.power(None)) == (("999", "W"), ("–", ""))
    assert words.energy(12_345_600_000.0) == (energy, "MWh")
    assert words.energy(999.0) == ("999", "Wh")
    assert words.per_kwh(123.4) == price


@pytest.mark.parametrize(
    ("seconds", "english", "spanish"),
    [(None, "no reading", "sin lecturas"), (-3, "0 s", "0 s"), (119, "119 s", "119 s"), (600, "10 min", "10 min"),
     (7200, "2 h", "2 h"), (400_000, "5 days", "5 días")],
)  # fmt: skip
def test_an_age_is_said_roughly(seconds: float | None, english: str, spanish: str) -> None:
    assert (EN.age(seconds), ES.age(seconds)) == (english, spanish)


def test_a_moment_is_local() -> None:
    at, madrid = datetime(2026, 11, 20, 23, tzinfo=timezone.utc), ZoneInfo("Europe/Madrid")
    assert (EN.moment(at, madrid), ES.moment(at, madrid)) == ("Sat 21 Nov, 00:00", "sáb 21 nov, 00:00")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("home")
    app = create_app(load_settings(home=home, port_offset=23_000))
    return TestClient(app, base_url="http://127.0.0.1", cookies=owner.cookies(app))


def test_a_page_and_the_login_come_in_the_language_that_was_asked_for(browser: TestClient) -> None:
    spanish = {"Accept-Language": "es-ES"}
    assert "Calidad de los datos" in browser.get("/control", headers=spanish).text
    assert "Data quality" in browser.get("/control").text
    assert "Entrar" in browser.get("/login", headers=spanish).text
    assert "Esa página no existe." in browser.get("/nowhere", headers=spanish | {"Accept": "text/html"}).text
    assert browser.get("/nowhere").json()["status"] == browser.get("/v1/x", headers={"Accept": "text/html"}).status_code
    chosen = spanish | {"Cookie": f"{COOKIE}=en; {SESSION}={browser.cookies[SESSION]}"}
    assert "Data quality" in browser.get("/control", headers=chosen).text


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.iterdir()))
def test_every_phrase_of_a_template_is_there(template: str) -> None:
    text = (TEMPLATES / template).read_text()
    asked = set(re.findall(r"\bsay\.(\w+)", text)) - set(dir(dict))
    assert asked <= set(EN.pages)
    assert set(re.findall(r"\bwords\.(\w+)", text)) <= set(dir(EN))
    hidden = set(re.findall(r"\bsay\.(\w+)", text)) & set(dir(dict))
    assert not hidden, "a template reads a dictionary's own method before a phrase of its name"
