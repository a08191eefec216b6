"""Nobody learns a number of an installation that is not theirs, whatever they ask REST and the page.

Every path and every call of the page is asked by somebody of each role. Then every number and word of what is foreign
to them is changed in Cassandra, and all is asked again: what they are told must be the same, to the letter.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from cassandra.cluster import Session
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from conf import Settings
from serving_layer.access import grants
from serving_layer.access.limits import Buckets
from serving_layer.access.person import LEAST_OTHERS, ROLES
from serving_layer.access.token import token_of
from serving_layer.app import ROUTERS, create_app
from store import cassandra, schema
from tests.support import serving_rows as rows

NOW = datetime.now(timezone.utc).replace(microsecond=0)
CUT = NOW.replace(hour=0, minute=0, second=0)
LARGE = "monte"
NEIGHBOURS = [f"{LARGE}-{n:02}" for n in range(LEAST_OTHERS + 1)]
OWN, NEIGHBOUR = rows.HOMES[0], NEIGHBOURS[0]
ASKED = (OWN, rows.HOMES[1], rows.COMMUNITY, LARGE, NEIGHBOUR, "nowhere")
"""The ids that everybody asks for."""
PARAMETERS = {
    "quantity": "generation",
    "from": f"{CUT - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    "to": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    "market": "pvpc",
    "run_id": rows.NEW_RUN,
    "month": f"{CUT - timedelta(days=1):%Y-%m}",
}
"""Values of required parameters; any other takes the first of its examples, or of its words."""
STRUCTURE = {
    "kind",
    "method",
    "community_id",
    "time_zone",
    "takes_unknown_devices",
    "contracts",
    "writer",
    "connection",
}
"""Columns that say what a row is of, not how much; changed, they would make another world."""


OPEN = ("/healthz", "/metrics", "/login", "/logout")
"""Paths of no installation, for everybody."""
APART = ("/live", "/stream", "/access")
"""Streams, and the log that grows with each question, are tried in test_log_and_live.py."""


class Asker(NamedTuple):
    """Somebody, and what is theirs."""

    name: str
    role: str
    own: tuple[str, ...]
    totals: str = ""


ASKERS = [
    *(Asker(f"{role}-one", role, (OWN,)) for role, rights in ROLES.items() if "installations" in rights.scopes),
    *(
        Asker(f"{role}-all", role, (LARGE, *NEIGHBOURS))
        for role, rights in ROLES.items()
        if "communities" in rights.scopes
    ),
    Asker("member-of-many", "member", (NEIGHBOUR,), LARGE),
]
ROWS_OF_NIGHTS = ("energy_batch", "energy_speed", "forecast", "forecast_skill", "forecast_error")


@pytest.fixture(scope="module")
def served(stack: Settings) -> Settings:
    """A keyspace with a small community and a large one, each home and community with rows in every table."""
    views = stack.cassandra.model_copy(update={"keyspace": "scope"})
    settings = stack.model_copy(update={"cassandra": views, "home": stack.home / "scope"})
    schema.apply_schema(settings)
    with cassandra.session(settings) as session:
        rows.fill(session, CUT, NOW, 2)
        copy(session, rows.COMMUNITY, [LARGE])
        copy(session, OWN, NEIGHBOURS)
    return settings


def tables(session: Session) -> Iterator[Any]:
    """Those with rows of installations, the access log aside: it changes with each question."""
    for table in session.cluster.metadata.keyspaces[session.keyspace].tables.values():
        if "installation_id" in table.columns and table.name != "access_log":
            yield table


def write(session: Session, table: str, changed: list[dict[str, Any]]) -> None:
    """Write the rows, those with values in the same columns together."""
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for row in changed:
        given = {name: value for name, value in row.items() if value is not None}
        alike.setdefault(frozenset(given), []).append(given)
    for each in alike.values():
        rows.insert(session, table, each)


def every_row(session: Session, table: str) -> list[dict[str, Any]]:
    return [row._asdict() for row in session.execute(f"SELECT * FROM {table}")]  # noqa: S608 - a table's name


def copy(session: Session, of: str, names: Collection[str]) -> None:
    """Give each of ``names`` every row that ``of`` has."""
    for table in tables(session):
        own = [row for row in every_row(session, table.name) if row["installation_id"] == of]
        within = {"community_id": LARGE} if table.name in ("installation", "membership") and of in rows.HOMES else {}
        write(session, table.name, [row | {"installation_id": name} | within for row in own for name in names])


def change_all_but(session: Session, kept: Collection[str], totals: str = "") -> int:
    """Change every value of every row but those of ``kept`` and the sums of ``totals``; how many were changed."""
    changed = 0
    for table in tables(session):
        key = {column.name for column in table.primary_key} | STRUCTURE
        whole = {*kept, totals} if table.name in (*ROWS_OF_NIGHTS, "installation", "capacity") else kept
        foreign = [row for row in every_row(session, table.name) if row["installation_id"] not in whole]
        other = [{n: v if n in key else another(v) for n, v in row.items()} for row in foreign]
        changed += sum(n not in key and v is not None for row in other for n, v in row.items())
        write(session, table.name, other)
    return changed


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 7_777_777
    if isinstance(value, str):
        return f"another {value}"
    return value + timedelta(seconds=7) if isinstance(value, datetime) and value < NOW.replace(tzinfo=None) else value


def questions(app: FastAPI) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, path and parameters of everything that may be asked, of each installation and in each form."""
    document = app.openapi()["paths"]
    for route in [each for router in ROUTERS for each in router.routes if isinstance(each, APIRoute)]:
        for method in (route.methods or set()) - {"HEAD"}:
            described = document.get(route.path, {}).get(method.lower(), {}).get("parameters")
            yield from (
                (method, *each)
                for each in (of_page(route.path) if described is None else of_rest(route.path, described))
            )


def of_page(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A page's parameters are in no description: each is told the installation by all names that pages have for it."""
    for installation in ASKED:
        yield path, {"id": installation, "installation": installation}


def of_rest(path: str, described: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    known = {each["name"]: each for each in described}
    given = {name: value_of(each) for name, each in known.items() if each["required"] or name == "month"}
    ids = (*ASKED, "") if "installation_id" in known else ("",)
    for installation in ids if "{installation_id}" not in path else ASKED:
        for form in ("json", "csv") if "format" in known else ("",):
            asked = given | {"installation_id": installation} | ({"format": form} if form else {})
            yield path.format_map(asked), {k: v for k, v in asked.items() if f"{{{k}}}" not in path and v}


def value_of(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    found = [PARAMETERS.get(parameter["name"]), *schema.get("examples", []), *schema.get("enum", [])]
    return next(str(each) for each in found if each)


def answers_of(settings: Settings, name: str, token: str) -> dict[str, str]:
    """Every answer, by its question."""
    app = create_app(settings)
    app.state.limits = Buckets(1e9, 1e9)
    found = {}
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, headers=headers) as client:
        client.post("/login", content=f"token={token}", follow_redirects=False)
        for method, path, parameters in questions(app):
            if not (path in OPEN or path.startswith("/static/") or path.endswith(APART)):
                answer = client.request(method, path, params=parameters)
                assert answer.status_code < 500 or name == "owner", f"{name} {path} {parameters}: {answer.text}"
                found[f"{method} {path} {parameters}"] = f"{answer.status_code} {answer.text}"
    return found


class _Clock(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class Stopped(datetime, metaclass=_Clock):
    """A clock that stands, so that an answer changes with what it rests on alone."""

    @classmethod
    def now(cls, _: Any = None) -> datetime:  # type: ignore[override]
        return NOW


@pytest.fixture(scope="module", autouse=True)
def stopped() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            is_asked = name.startswith(("serving_layer.api.", "serving_layer.web."))
            if is_asked and getattr(module, "datetime", None) is datetime:
                patch.setattr(module, "datetime", Stopped)
        yield


@pytest.fixture(scope="module")
def tokens(served: Settings) -> dict[str, str]:
    path, given = grants.access_file(served), {}
    for each in ASKERS:
        communities = [name for name in each.own if name == LARGE]
        installations = [] if communities else each.own
        asked = grants.person(each.name, each.role, installations, communities, False)  # type: ignore[arg-type]
        given[each.name] = grants.add(path, asked)
    return given


@pytest.fixture(scope="module")
def before(served: Settings, tokens: dict[str, str], stopped: None) -> dict[str, dict[str, str]]:
    """What each is told of the world as it is."""
    return {each.name: answers_of(served, each.name, tokens[each.name]) for each in ASKERS}


STEPS = (
    ((OWN, LARGE, *NEIGHBOURS), "", [each.name for each in ASKERS]),
    ((OWN, NEIGHBOUR), LARGE, ["member-of-many", "member-one"]),
    ((OWN,), "", ["member-one"]),
)
"""What is kept, of what the sums are kept, too, and who is asked again."""


def test_what_is_foreign_changes_no_answer(
    served: Settings, tokens: dict[str, str], before: dict[str, dict[str, str]]
) -> None:
    of_owner = token_of(served)
    known_to_owner = answers_of(served, "owner", of_owner)
    leaked: list[str] = []
    asked = 0
    with cassandra.session(served) as session:
        for kept, totals, names in STEPS:
            assert change_all_but(session, kept, totals) > 1000
            for name in names:
                after = answers_of(served, name, tokens[name])
                asked += len(after)
                leaked += [f"{name}: {q}" for q, answer in after.items() if before[name][q] != answer]
    different = sum(answer != known_to_owner[q] for q, answer in answers_of(served, "owner", of_owner).items())
    print(f"{asked} answers, numbers leaked {len(leaked)}; the owner's differ in {different}")
    assert leaked == []
    assert different > 50


def test_each_gets_their_own_and_is_refused_what_is_foreign(before: dict[str, dict[str, str]]) -> None:
    for each in ASKERS:
        for question, answer in before[each.name].items():
            status, text = answer.split(" ", 1)
            for name in set(ASKED) - set(each.own) - {each.totals, "nowhere"}:
                is_page = "GET /installation" in question and each.role != "service"
                if f"/{name}/" in question or (is_page and f"'{name}'" in question):
                    assert status in ("403", "404"), f"{each.name}: {question}"
            if f"/{each.own[0]}/energy" in question:
                assert status == "200"
            for name in {*rows.HOMES, *NEIGHBOURS} - {*each.own}:
                is_named = re.search(rf"(?<![\w-]){name}(?![\w-])", text)
                assert name in question or not is_named, f"{each.name}: {question} names {name}"


def test_who_is_registered_by_an_id_alone_is_answered_everywhere(in_keyspace: Callable[[str], Settings]) -> None:
    """Everything else of an installation may be left out; of a community all but its kind."""
    settings = in_keyspace("bare")
    bare = {"installation_id": OWN}, {"installation_id": rows.COMMUNITY, "kind": "community"}
    with cassandra.session(settings) as session:
        write(session, "installation", [*bare, {"installation_id": rows.HOMES[1], "community_id": rows.COMMUNITY}])
        write(session, "device", [{"installation_id": OWN, "device_id": "meter"}])
    answers = answers_of(settings, "owner", token_of(settings))
    assert [question for question, answer in answers.items() if answer.startswith("500")] == []
    assert answers["GET /control {'id': 'nowhere', 'installation': 'nowhere'}"].startswith("200")
