"""Every code that a page shows has a name in every language: alarms, states, causes, topics, servers, models."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from batch_layer.forecasting.issues import FORECAST
from batch_layer.forecasting.skill import LAST_WEEK, YESTERDAY
from batch_layer.pricing.candidates import ENGINES, WEATHER_ALONE, WITH_WEATHER
from conf import load_settings
from energy import derived, gaps
from energy.energy_row import METHODS
from energy.forecasts import ladder
from energy.forecasts.scores import NAIVE
from energy.money.community import settled
from energy.money.community.hours import RULES, Rule
from energy.statements import beliefs
from energy.topics import TOPICS
from ingest.devices import sunspec_models
from serving_layer.views.ledger import LAYERS
from serving_layer.views.money.compared import what_fits
from serving_layer.web.periods import drawn
from serving_layer.web.sharing import shares
from serving_layer.web.words.alarms import wording
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.language import LANGUAGES
from serving_layer.web.words.words import Words
from store.history import alarms

ROOT = Path(gaps.__file__).parents[1]
MADRID = ZoneInfo("Europe/Madrid")
RAISED = datetime(2026, 11, 24, tzinfo=timezone.utc)
FIGURES = {alarms.NOW: 1.5, alarms.THEN: 0.5, alarms.YEAR: 2027.0}
EVERY = pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)


def alarm(kind: str, **its: Any) -> Mapping[str, Any]:
    return {"kind": kind, "device_id": "m", "text": "as it was raised", "raised_at": RAISED, "figures": None} | its


@EVERY
@pytest.mark.parametrize("kind", alarms.KINDS)
def test_every_kind_of_alarm_is_worded_with_its_own_figures(words: Words, kind: str) -> None:
    name, sentence = wording(alarm(kind, figures=FIGURES), MADRID, words)
    assert name == words.alarms[kind] != kind + "?"
    assert sentence
    assert sentence != "as it was raised"
    assert "{" not in sentence


def test_an_alarm_is_worded_in_the_language_and_the_zone_of_its_reader() -> None:
    assert wording(alarm(alarms.SILENT), MADRID, EN) == ("silent device", "last heard on 23 November 2026 (UTC)")
    assert wording(alarm(alarms.SILENT), MADRID, ES)[1] == "dio datos por última vez el 23 de noviembre de 2026 (UTC)"
    assert "24 nov, 01:00" in wording(alarm(alarms.SILENT_TODAY), MADRID, ES)[1]
    drift = wording(alarm("generation forecast drift", figures=FIGURES), MADRID, ES)
    assert drift[0] == "la previsión de producción falla más que antes"
    assert "1,50 veces" in drift[1]
    assert "0,50" in drift[1]
    assert "no file of 2027" in wording(alarm(alarms.NO_FILE, figures=FIGURES), MADRID, EN)[1]


@EVERY
@pytest.mark.parametrize("kind", ["generation forecast drift", "coefficient file", "of tomorrow"])
def test_an_alarm_whose_figures_are_not_known_says_what_its_row_says(words: Words, kind: str) -> None:
    assert wording(alarm(kind), MADRID, words)[1] == "as it was raised"
    assert wording(alarm(kind, text=None), MADRID, words)[1] == ""


def test_the_kinds_are_those_of_what_is_forecast() -> None:
    assert set(FORECAST) == set(alarms.FORECAST_OF) == set(drawn.FORECAST_OF)
    kinds = (alarms.SILENT_TODAY, alarms.DRIFT)
    paths = [path for name in ("speed_layer", "batch_layer", "serving_layer") for path in (ROOT / name).rglob("*.py")]
    naming = [path for path in paths if "words" not in path.parts and any(f'"{k}"' in path.read_text() for k in kinds)]
    assert naming == [], "a kind is named in store/history/alarms.py alone"


def causes() -> Iterator[str]:
    """The causes that the arithmetic names: what is given to a portion, a step or an entry as such."""
    for path in [*(ROOT / "energy/registers").glob("*.py"), *(ROOT / "energy").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            yield from _named(node)
    yield from (beliefs.COARSER, beliefs.SCALED, derived.NO_METER, derived.UNBALANCED, *METHODS)


def _named(node: ast.AST) -> Iterator[str]:
    found: list[ast.expr] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        given = {"Delta": node.args[3:], "Entry": node.args[2:3], "Portion": node.args[5:]}
        found = [*given.get(node.func.id, ()), *(node.args if node.func.id == "joined_causes" else ())]
    if isinstance(node, ast.Call):
        found += [each.value for each in node.keywords if each.arg == "cause"]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        found += [node.value] if ast.unparse(node.targets[0].value).endswith(("causes", "integrated")) else []
    texts = [each.value for of in found for each in ast.walk(of) if isinstance(each, ast.Constant)]
    yield from (text for text in texts if isinstance(text, str) and text.strip(","))


def test_causes_are_found() -> None:
    assert {"wrap", "reset", "jump", "stuck", "correction", "momentary", "gap", "silent", "partial"} <= set(causes())


CODES = {
    "causes": set(causes()) - {"measured"},
    "methods": set(METHODS),
    "steps": set(get_args(ladder.Rung)),
    "states": {state for state in sunspec_models.STATES if state},
    "topics": set(TOPICS),
    "layers": set(LAYERS),
    "services": set(load_settings().api.watch),
    "alarms": set(alarms.KINDS),
    "alarm_sentences": set(alarms.KINDS),
}


@EVERY
@pytest.mark.parametrize("field", CODES)
def test_every_code_has_a_name(words: Words, field: str) -> None:
    assert CODES[field] - getattr(words, field).keys() == set()


@EVERY
def test_every_state_of_the_gap_ledger_and_every_note_has_a_name(words: Words) -> None:
    assert {f"gap_{state}" for state in get_args(gaps.State) if state != "present"} <= words.pages.keys()
    notes = {settled.INCOMPLETE, settled.NO_FILE, settled.CONDITIONAL, settled.BY_THE_HOUR, settled.OTHER_CLOCK}
    assert notes == set(shares.NOTES)
    assert {*shares.NOTES.values(), *shares.CAUSES.values()} <= words.pages.keys()


def test_every_maker_of_a_forecast_is_called_by_its_name() -> None:
    makers = {maker for makers in ENGINES.values() for maker in makers}
    makers |= {f"{maker}{end}" for maker in makers for end in (WITH_WEATHER, WEATHER_ALONE)}
    makers |= {NAIVE, YESTERDAY, LAST_WEEK, *(f"quantile forest ({each})" for each in load_settings().forecast.engines)}
    makers |= {f"{maker}, as the sum of its parts" for maker in makers}
    assert {maker for maker in makers if ES.sentence(maker) == maker} == set()
    assert ES.sentence("quantile forest (mllib), as the sum of its parts").endswith("como suma de sus partes")


def test_what_a_device_says_in_its_own_words_stays() -> None:
    assert ES.cause("reset,gap") == "el contador empezó de nuevo en 0, faltan lecturas"
    assert ES.cause("new") == "new"
    assert (ES.clock_of(MADRID), EN.clock_of(ZoneInfo("UTC"))) == ("Madrid", "UTC")


@pytest.mark.parametrize("best", [None, *RULES])
@pytest.mark.parametrize("agreed", RULES)
def test_every_rule_of_counting_hours_has_a_name(best: Rule | None, agreed: Rule) -> None:
    said = ES.sentence(what_fits(best, agreed))
    assert said != what_fits(best, agreed)
    assert [rule for rule in RULES if rule in said] == []
    names = {rule: ES.sentence(rule) for rule in RULES}
    assert said.endswith(names[agreed])
    assert best is None or f"que encaja es {names[best]};" in said
    assert len(set(names.values())) == len(RULES)
