"""Whatever text of another module a page can show is said in the language of its reader."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conf.refusal import Refusal
from conf.tariffs import tariffs
from energy.topics import TOPICS, Rejected
from serving_layer.access.logins import UnknownIdentity
from serving_layer.access.oidc.asking import IssuerAway
from serving_layer.access.oidc.id_token import BadIdToken, UnknownKey
from serving_layer.access.oidc.issuer import CodeRefused
from serving_layer.views import catalogue
from serving_layer.web import answer
from serving_layer.web.entrance.oidc import LoginOver
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from serving_layer.web.words.language import LANGUAGES
from serving_layer.web.words.sentences import _HOLE, BOOKS
from serving_layer.web.words.sentences_es import SENTENCES
from serving_layer.web.words.words import Words
from tests.support import house
from tests.support.hostile_messages import corpus

PAGES = ("serving_layer.web.routes", "serving_layer.checks")
SHOWN = {
    "Broken", "Busy", "GrantsDamaged", "NoCoefficients", "NoContract", "NoPrice", "NoReport", "NoRule", "NotABill",
    "NotBilled", "NotForThem", "NotOneBill", "NotShared", "OfficialBillError", "Rejected", "Remark", "StoreAway",
    "Stranger", "UnknownInstallation", "bad_parameter",
}  # fmt: skip
"""What a page catches, or answers with. Each text of these must be in the book."""
NOT_SHOWN = {
    "a command says it": {"AgreementFileError", "AgreementError", "BadGrant", "BadPassword", "CassandraAway",
                          "CoefficientFileError", "CurveFileError", "NoSecret", "NotExact", "SchemaOutdated",
                          "SettingsFileError", "TariffError", "TopicsAway", "UnknownTariff", "WrongNumber", "refused",
                          "Overlap"},
    "the login says it by its kind": {"BadIdToken", "CodeRefused", "IssuerAway", "LoginOver", "UnknownIdentity",
                                      "UnknownKey"},
    "REST says it": {"BadInstant", "NoToken", "TooMany", "UnknownResolution", "UnknownZone"},
    "it is caught": {"HTTPException", "NoForecast", "OSError", "TypeError", "ValueError", "WrongPassword", "WrongToken",
                     "YAMLError", "_away"},
}  # fmt: skip
SAMPLE = "no contract holds on 2026-11-01"
"""What stands where a sentence holds another one."""
SENTENCE_NAMES = ("error", "newest", "reason", "why")
AT = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


def path_of(module: str) -> Path:
    path = house.ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"


def raised() -> Iterator[tuple[str, str, ast.Call]]:
    """Each call of the modules behind the pages that raises something, or makes a remark: where, what, the call."""
    arrows = house.imports()
    behind = {*PAGES, *chain.from_iterable(house.reached(arrows, page) for page in PAGES)}
    behind |= {
        "serving_layer.web.entrance.login",
        "serving_layer.web.entrance.oidc",
        "speed_layer.readings_query.validated_batch",
        "serving_layer.health",
    }
    for module in sorted(behind):
        for node in ast.walk(ast.parse(path_of(module).read_text())):
            found = node.exc if isinstance(node, ast.Raise) else node
            if isinstance(found, ast.Call):
                name = ast.unparse(found.func).rpartition(".")[2]
                if isinstance(node, ast.Raise) or name in ("Remark", "Rejected", "StoreAway"):
                    yield module, name, found


def samples(of: ast.expr) -> Iterator[str]:
    """The texts that an expression makes, with something in the place of what is filled in; none where it has none."""
    if isinstance(of, ast.Constant) and isinstance(of.value, str):
        yield of.value
    elif isinstance(of, ast.IfExp):
        yield from chain(samples(of.body), samples(of.orelse))
    elif isinstance(of, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else filling(each) for each in of.values)


def filling(of: ast.expr) -> str:
    """A number, a day, a sentence, or the name of what is filled in."""
    assert isinstance(of, ast.FormattedValue)
    name = ast.unparse(of.value)
    if name in SENTENCE_NAMES:
        return SAMPLE
    for ends, example in {
        ("day", "until", "first", ".due", ".since", "longest_end(of.first)"): "2026-11-02",
        ("number", "len(chosen.betas)", "hours_of(year)", "days", "count", "age", "stands_s']", "behind", "']", "size",
         "BYTES", "len(brokers)", "now - seen_at", "1000000", "1000000000.0", "port", ".YEAR", ".year"): "17",
        ("name", "event_time"): "time",
    }.items():  # fmt: skip
        if name.endswith(ends):
            return example
    return f"<{name}>"


FOUND = list(raised())
PARAMETERS = [call.args[1] for module, name, call in FOUND if name == "bad_parameter" and ".web." in module]
SENTENCES_THERE = [call.args[0] for _, name, call in FOUND if name in SHOWN - {"bad_parameter"}]
TEXTS = sorted(
    {text for each in SENTENCES_THERE for text in samples(each)}
    | {f"day: {text}" for each in PARAMETERS for text in samples(each)}
)


def test_what_is_raised_behind_the_pages_is_known_to_be_shown_or_not() -> None:
    known = SHOWN.union(*NOT_SHOWN.values())
    assert {f"{module}: {name}" for module, name, _ in FOUND if name not in known} == set()
    assert len(TEXTS) > 40


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("locale", BOOKS)
def test_every_text_has_a_sentence(locale: str, text: str) -> None:
    assert BOOKS[locale].said(text), text


def test_every_way_in_which_a_login_by_an_issuer_fails_has_its_words() -> None:
    kinds = {kind.kind for kind in (BadIdToken, CodeRefused, IssuerAway, LoginOver, UnknownIdentity, UnknownKey)}
    assert all(kinds <= words.pages.keys() for words in LANGUAGES.values())


@pytest.mark.parametrize("text", [answer.BROKEN, answer.NOTHING_HERE])
def test_what_every_page_may_say_has_a_sentence(text: str) -> None:
    assert ES.sentence(text) != text


def test_a_refusal_that_is_made_elsewhere_has_a_sentence() -> None:
    made: list[Refusal] = []
    for known in ([], ["casa-01"], [f"casa-{n:02d}" for n in range(20)]):
        with pytest.raises(catalogue.UnknownInstallation) as refused:
            catalogue.named([{"installation_id": each} for each in known], "caas")
        made.append(refused.value)
    said = [ES.sentence(str(each)) for each in made]
    assert all("No existe la instalación 'caas'" in each for each in said)
    assert "20 en total" in said[-1]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_reason_of_the_quarantine_has_a_sentence(topic: str) -> None:
    reasons = set()
    for payload in [b"", *corpus(topic, "casa", AT)]:
        try:
            _, dropped = TOPICS[topic].parse_with_dropped(payload, AT + timedelta(minutes=5))
        except Rejected as error:
            reasons.add(str(error))
        else:
            why = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
            reasons |= {f"without {why}; the rest is accepted"} if why else set()
    assert len(reasons) > 20
    assert [reason for reason in reasons if ES.sentence(reason) == reason] == []


def test_every_rule_of_the_tariffs_has_a_name() -> None:
    rules = tariffs()
    names = {rules.taxes.electricity.name, rules.taxes.minimum.name, rules.taxes.consumption.name}
    for access in rules.access.values():
        names |= {access.tolls.name, access.charges.name, access.losses.name}
        names |= {each.name for each in access.periods.values()}
    assert {name for name in names if ES.sentence(name) == name} == set()


@pytest.mark.parametrize("english", SENTENCES)
def test_a_sentence_fills_in_nothing_else_than_it_has(english: str) -> None:
    has, asked = (set(_HOLE.findall(text)) for text in (english, SENTENCES[english]))
    assert asked <= has
    assert has - asked <= {"detail"}


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("market pvpc has no price of the whole hour from 2026-01-01T00:00Z: bring it with `solera backfill`, and ask "
         "again.", "falta el precio de la hora entera que empieza el 2026-01-01T00:00Z en el mercado pvpc: tráelo con "
         "`solera backfill` y vuelve a preguntar."),
        ("no agreement holds on 2026-11-01; the first begins on 2026-12-01.",
         "ningún acuerdo rige el 1 de noviembre de 2026; el primero empieza el 1 de diciembre de 2026."),
        ("17 device(s), 1 silent (named in run/gateway.json), 2 with a fault (named in run/gateway.json)",
         "dispositivos: 17; sin datos: 1 (véase run/gateway.json); con fallo: 2 (véase run/gateway.json)"),
        ("3 device(s), 2 asleep; the outbox was full: 5 readings of 1 day(s) dropped, to 2026-11-19",
         "dispositivos: 3; dormidos: 2; la bandeja de salida se llenó: descartadas 5 lecturas de 1 día(s), hasta el "
         "19 de noviembre de 2026"),
        ("broker away; 9 readings kept on disk; 7 readings refused and set aside, the last: HTTP 403, no",
         "broker away; 9 lecturas guardadas en el disco; lecturas rechazadas y apartadas: 7; la última: HTTP 403, no"),
        ("omie answered 3 h ago, 1 questions open; esios never answered",
         "omie respondió hace 3 h, preguntas pendientes: 1; esios nunca respondió"),
        ("1200 readings behind; Kafka dropped 3 readings before they were read",
         "1200 lecturas por detrás; Kafka descartó 3 lecturas antes de que se leyeran"),
        ("2 webhook(s), 1 of which fail: `solera webhook list`, 3 deliveries wait",
         "webhooks: 2, fallan 1: `solera webhook list`, entregas en espera: 3"),
        ("5.3 GB are left", "quedan 5,3 GB"),
        ("period: Input should be 'day', 'week', 'month' or 'year'; id: Field required",
         "period: debe ser 'day', 'week', 'month' o 'year'; id: falta"),
        ("the broker said something new; 5 readings kept on disk",
         "the broker said something new; 5 lecturas guardadas en el disco"),
        ("nobody has a phrase for this", "nobody has a phrase for this"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_sentence_is_said(english: str, spanish: str) -> None:
    assert ES.sentence(english) == spanish
    assert EN.sentence(english) == english


@pytest.mark.parametrize(
    ("words", "text", "shown"),
    [
        (ES, "published up to 2026-11-26T00:00:00Z", "publicado hasta jue 26 nov, 01:00"),
        (EN, "published up to 2026-07-01T22:30:00.5Z", "published up to Thu 2 Jul, 00:30"),
        (ES, "1 broker(s)", "brokers: 1"),
        (EN, "up to date", "up to date"),
    ],
)
def test_instants_of_a_sentence_are_shown_by_the_local_clock(words: Words, text: str, shown: str) -> None:
    assert words.sentence_at(text, ZoneInfo("Europe/Madrid")) == shown
