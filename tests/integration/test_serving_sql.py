"""SQL over the real server: the same answers as REST, read by key."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pyhive import exc

from batch_layer.nightly import note_merging
from batch_layer.runs import Run
from conf import Settings
from serving_layer.access.access_log import EVERYBODY
from serving_layer.app import create_app
from serving_layer.views.merged import RUNS_KEPT_SECONDS
from stack.servers import thrift
from store import cassandra
from store.instants import month_of
from tests.support import owner, serving_files
from tests.support import serving_rows as rows
from tests.support.servers.started import started
from tests.support.sql.client import Ask, asking

NOW = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) + timedelta(minutes=15)
CUT = NOW.replace(hour=0, minute=0)
NIGHTS = re.compile(r"files\.(merged|changes)_")
SHOWN = "date_format(start, \"yyyy-MM-dd'T'HH:mm:ss'Z'\") AS start"


@pytest.fixture(scope="module")
def served(in_keyspace: Callable[[str], Settings]) -> Settings:
    """A keyspace, filled, and the settings of a SQL server over it."""
    settings = in_keyspace("serving_sql")
    with cassandra.session(settings) as session:
        rows.fill(session, CUT, NOW, 2)
    serving_files.keep(settings, CUT, 2)
    return settings


@pytest.fixture(scope="module")
def sql(served: Settings) -> Iterator[Ask]:
    """Asks the SQL server, started as the stack starts it."""
    with started(served, "thrift"), asking(served) as ask:
        yield ask


@pytest.fixture(scope="module")
def rest(served: Settings) -> Iterator[Callable[..., Any]]:
    app = create_app(served)
    client = owner.client(app)

    def ask(path: str, **parameters: str) -> Any:
        answer = client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    yield ask
    app.state.reader.close()


def text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def test_who_asked_what_stands_in_the_access_log(served: Settings, sql: Ask) -> None:
    sql("SELECT count(*)\n FROM solera.energy_daily   WHERE installation_id = 'noted'")
    now = datetime.now(timezone.utc)
    with cassandra.session(served) as session:
        found = session.execute(
            "SELECT who, what FROM access_log WHERE installation_id = %s AND month = %s", (EVERYBODY, month_of(now))
        )
    asked = "SELECT count(*) FROM solera.energy_daily WHERE installation_id = 'noted'"
    assert (f"sql {thrift.USER}", asked) in [(row.who, row.what) for row in found]


@pytest.mark.parametrize(
    ("view", "resolution"), [("energy", "15m"), ("energy_hourly", "hour"), ("energy_daily", "day")]
)
def test_sql_and_rest_give_one_answer(sql: Ask, rest: Callable[..., Any], view: str, resolution: str) -> None:
    start = CUT - timedelta(days=1)

    by_sql = sql(
        f"SELECT {SHOWN}, energy_wh, view, run_id, completeness FROM solera.{view} "  # noqa: S608
        f"WHERE installation_id = 'valle' AND quantity = 'export' AND start >= '{start:%Y-%m-%d}' ORDER BY start"
    )
    by_rest = rest(
        "/v1/installations/valle/energy",
        quantity="export",
        resolution=resolution,
        **{"from": text(start), "to": text(CUT + timedelta(days=1))},
    )["values"]

    names = ("start", "energy_wh", "view", "run_id", "completeness")
    assert by_sql == [tuple(value[name] for name in names) for value in by_rest]
    assert by_sql


def test_every_table_of_the_contract_answers(sql: Ask, rest: Callable[..., Any]) -> None:
    counts = {
        name: sql(f"SELECT count(*) FROM solera.{name}")[0][0]  # noqa: S608
        for name in (
            *("inverter_state", "forecast_skill", "forecast_error", "price", "price_skill", "settlement", "alarm"),
            *("settlement_month", "bill_line", "run", "quarantine", "max_power", "reactive_energy"),
        )
    }

    assert counts == {
        "inverter_state": 6,
        "forecast_skill": 8,
        "forecast_error": 3,
        "price": 72,
        "price_skill": 2,
        "settlement": 0,
        "settlement_month": 0,
        "bill_line": 0,
        "alarm": 2,
        "run": 3,
        "quarantine": 2,
        "max_power": 3,
        "reactive_energy": 3,
    }
    by_sql = sql(
        "SELECT p50_wh, step FROM solera.forecast_newest "
        "WHERE installation_id = 'valle' AND quantity = 'generation' ORDER BY time"
    )
    by_rest = rest("/v1/installations/valle/forecast", quantity="generation")["values"]
    assert by_sql == [(hour["p50_wh"], hour["step"]) for hour in by_rest]


def test_the_lines_of_a_bill_are_those_of_the_run_that_settled_it_last(served: Settings, sql: Ask) -> None:
    """Of february the last run says only that hours are missing; what is not published is not seen."""
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    home = {"installation_id": "casa-a", "community_id": "valle"}
    settled = [
        (january, rows.OLD_RUN), (january, rows.NEW_RUN), (january, rows.UNPUBLISHED), (february, rows.OLD_RUN),
        (february, rows.NEW_RUN),
    ]  # fmt: skip
    lines = [
        home | {"month": month, "run_id": run_id, "line": n, "kind": kind, "eur": Decimal(eur)}
        for month, run_id in settled[:-1]
        for n, (kind, eur) in enumerate((("energy", "10.05"), ("IVA", "2.11")), start=1)
    ]
    with cassandra.session(served) as session:
        rows.insert(session, "settlement_month", [home | {"month": month, "run_id": run} for month, run in settled])
        rows.insert(session, "bill_line", lines)
        try:
            found = sql("SELECT CAST(month AS string), run_id, line, kind, CAST(eur AS decimal(18,2)) "
                        "FROM solera.bill_line WHERE installation_id = 'casa-a' ORDER BY month, line")  # fmt: skip
        finally:
            for table in ("settlement_month", "bill_line"):
                session.execute(f"DELETE FROM {table} WHERE installation_id = 'casa-a'")  # noqa: S608
    assert found == [
        ("2026-01-01", rows.NEW_RUN, 1, "energy", Decimal("10.05")),
        ("2026-01-01", rows.NEW_RUN, 2, "IVA", Decimal("2.11")),
    ]


@pytest.mark.parametrize(
    ("view", "path", "value"),
    [("max_power", "max-power", "power_w"), ("reactive_energy", "reactive-energy", "energy_varh")],
)
def test_what_the_distributors_meter_showed_is_that_of_rest(
    sql: Ask, rest: Callable[..., Any], view: str, path: str, value: str
) -> None:
    by_sql = sql(
        f"SELECT CAST(month AS string), period, {value}, source FROM solera.{view} "  # noqa: S608
        "WHERE installation_id = 'valle-02'"
    )
    by_rest = rest(f"/v1/installations/valle-02/{path}")["months"]
    assert by_sql == [tuple(row[name] for name in ("month", "period", value, "source")) for row in by_rest]
    assert by_sql


@pytest.mark.parametrize("name", ["env:HOME", "spark.cassandra.connection.host", "spark.sql.variable.substitute"])
def test_no_setting_or_variable_is_filled_in(sql: Ask, name: str) -> None:
    assert sql(f"SELECT '${{{name}}}'") == [(f"${{{name}}}",)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM cass.serving_sql.installation",
        "SELECT * FROM cass_by_key.serving_sql.installation",
        "CREATE OR REPLACE VIEW solera.installation AS SELECT 1",
        "SELECT * FROM text.`/etc/passwd`",
        "SELECT reflect('java.lang.System', 'getenv', 'HOME')",
        "SELECT TRANSFORM(name) USING 'id' FROM solera.installation",
    ],
)
def test_what_does_more_than_read_the_views_is_refused(sql: Ask, statement: str) -> None:
    with pytest.raises(exc.OperationalError, match="42501"):
        sql(statement)


def test_a_question_about_one_installation_reads_its_partitions_only(sql: Ask) -> None:
    conditions = "installation_id = 'valle-01' AND quantity = 'import' AND start >= '2026-01-01'"

    plan = "\n".join(str(row[0]) for row in sql(f"EXPLAIN SELECT * FROM solera.energy WHERE {conditions}"))  # noqa: S608

    assert "BatchScan energy_speed" not in plan
    live, still_open = (
        line for line in plan.splitlines() if "Cassandra Direct Join" in line and "energy_speed" in line
    )
    assert '("quantity" = ?:import)' in live
    assert '("start" >= ?' in live
    assert "quantity = quantity#" in still_open
    files = [line for line in plan.splitlines() if "FileScan parquet" in line and NIGHTS.search(line)]
    assert files
    for line in files:
        assert "EqualTo(installation_id,valle-01)" in line
        assert "EqualTo(quantity,import)" in line
        assert "GreaterThanOrEqual(start," in line


def test_a_question_about_a_month_opens_its_files_only(sql: Ask) -> None:
    asked = f"SELECT quantity, sum(energy_wh) FROM solera.energy WHERE month = '{CUT:%Y-%m-01}' GROUP BY quantity"  # noqa: S608
    plan = "\n".join(str(row[0]) for row in sql(f"EXPLAIN {asked}"))
    filters = [line for line in plan.splitlines() if "FileScan parquet" in line and "files." in line]
    assert filters
    assert all("PartitionFilters: []" not in line for line in filters)


def test_all_homes_together_are_the_sum_of_each(sql: Ask, rest: Callable[..., Any]) -> None:
    start, end = CUT - timedelta(days=2), CUT + timedelta(days=1)
    together: dict[str, float] = dict(
        sql("SELECT installation_id, round(sum(energy_wh), 3) FROM solera.energy GROUP BY installation_id")
    )
    for home in (*rows.HOMES, rows.COMMUNITY):
        values = [
            value["energy_wh"]
            for quantity in rows.QUANTITIES
            for value in rest(
                f"/v1/installations/{home}/energy", quantity=quantity, **{"from": text(start), "to": text(end)}
            )["values"]
        ]
        assert together[home] == pytest.approx(sum(values), abs=0.001)


def test_sql_answers_as_of_an_earlier_publication(sql: Ask, rest: Callable[..., Any]) -> None:
    then = CUT - timedelta(days=1) + timedelta(hours=1)
    for at in (then, CUT + timedelta(minutes=8)):
        by_sql = sql(
            f"SELECT {SHOWN}, energy_wh, run_id FROM solera.energy_published "  # noqa: S608
            f"WHERE installation_id = 'valle' AND quantity = 'export' AND published <= '{text(at)}' "
            f"AND coalesce(replaced > '{text(at)}', true) AND energy_wh IS NOT NULL ORDER BY start"
        )
        by_rest = rest(
            "/v1/installations/valle/energy",
            quantity="export",
            as_of=text(at),
            **{"from": text(CUT - timedelta(days=2)), "to": text(CUT)},
        )["values"]
        assert by_sql == [tuple(value[name] for name in ("start", "energy_wh", "run_id")) for value in by_rest]
        assert by_sql


@pytest.mark.parametrize(
    "condition",
    [
        "e.installation_id = 'valle-01'",
        "e.installation_id IN ('valle-01', 'valle-02') AND e.month = '{month}'",
        "i.installation_id = 'valle-01' AND e.month >= '{month}'",
        "i.name = 'Home 01'",
    ],
)
def test_any_condition_on_the_keys_may_be_joined(sql: Ask, condition: str) -> None:
    found = sql(
        "SELECT count(*), min(i.name) FROM solera.energy e "  # noqa: S608
        "JOIN solera.installation i ON i.installation_id = e.installation_id "
        f"WHERE {condition.format(month=CUT.date().replace(day=1))} AND e.quantity = 'import'"
    )

    assert found[0][0] > 0
    assert found[0][1] == "Home 01"


PER_HOME = {"valle-01": CUT - timedelta(hours=30), "valle-02": CUT + timedelta(minutes=15)}


def bounds(sides: str) -> str:
    """A table with an instant for each home: rows of ours, or of the catalogue, which Cassandra has."""
    values = ", ".join(f"('{home}', TIMESTAMP'{since:%Y-%m-%d %H:%M:%S}')" for home, since in PER_HOME.items())
    ours = f"(SELECT * FROM VALUES {values} AS v(id, since))"  # noqa: S608
    stored = (
        f"(SELECT i.installation_id id, o.since FROM solera.installation i JOIN {ours} o ON o.id = i.installation_id)"  # noqa: S608
    )
    return {"ours": ours, "stored": stored}[sides]


@pytest.mark.parametrize("view", ["energy", "energy_speed", "energy_hourly", "energy_daily"])
@pytest.mark.parametrize("how", ["where", "ours", "stored"])
def test_a_condition_over_several_columns_or_tables_leaves_out_what_it_says(sql: Ask, view: str, how: str) -> None:
    """Rows are kept by the same condition in Python, of all that the view has."""
    either = " OR ".join(
        f"(installation_id = '{home}' AND start >= TIMESTAMP'{since:%Y-%m-%d %H:%M:%S}')"
        for home, since in PER_HOME.items()
    )
    asked = f"SELECT installation_id, quantity, {SHOWN} FROM solera.{view}"  # noqa: S608
    condition = f"WHERE {either}"
    if how != "where":
        condition = f"JOIN {bounds(how)} b ON b.id = installation_id AND start >= b.since"
    everything = sql(asked)
    kept = [row for row in everything if row[0] in PER_HOME and row[2] >= text(PER_HOME[row[0]])]
    assert sorted(sql(f"{asked} {condition}")) == sorted(kept)
    assert kept
    assert len(kept) < len([row for row in everything if row[0] in PER_HOME])


def test_sql_learns_what_a_night_has_merged(served: Settings, sql: Ask) -> None:
    asked = "SELECT quantity, sum(energy_wh) FROM solera.energy WHERE view = 'batch' GROUP BY quantity ORDER BY 1"
    before = sql(asked)
    note_merging(served, Run(rows.NEW_RUN, CUT, CUT), {"changed_days_merged": 7})
    time.sleep(RUNS_KEPT_SECONDS)
    assert sql(asked) == before
    (counts,) = sql(f"SELECT counts FROM solera.run WHERE run_id = '{rows.NEW_RUN}'")[0]  # noqa: S608
    assert json.loads(counts) == {"energy": 1000, "changed_days_merged": 7}


def test_sql_and_rest_give_the_same_gaps_and_changes(sql: Ask, rest: Callable[..., Any]) -> None:
    span = {"from": text(CUT - timedelta(days=1)), "to": text(CUT)}
    gaps = rest(f"/v1/installations/{rows.HOMES[0]}/gaps", **span)["gaps"]
    by_sql = sql(
        "SELECT device_id, state, cause, periods, run_id FROM solera.gap "  # noqa: S608
        f"WHERE installation_id = '{rows.HOMES[0]}' AND state <> 'present'"
    )
    assert by_sql == [tuple(gap[name] for name in ("device_id", "state", "cause", "periods", "run_id")) for gap in gaps]
    changes = rest(f"/v1/runs/{rows.NEW_RUN}/changes")["changes"]
    by_sql = sql("SELECT run_id, why, periods, before_wh, after_wh FROM solera.change")
    assert by_sql == [tuple(c[name] for name in ("run_id", "why", "periods", "before_wh", "after_wh")) for c in changes]
    assert sql("SELECT method, export_wh FROM solera.official ORDER BY known_at") == [
        ("estimated", 1.0),
        ("measured", 2.0),
    ]


@pytest.mark.parametrize("quantity", ["charge", "import"])
def test_what_came_late_of_days_that_no_run_states_is_that_of_rest(
    served: Settings, sql: Ask, rest: Callable[..., Any], quantity: str
) -> None:
    start = CUT - timedelta(days=9)
    late = next(rows.energy_rows(start, CUT, 0.5)) | {"installation_id": "valle-01", "quantity": quantity}
    with cassandra.session(served) as session:
        rows.insert(session, "energy_speed", [late])
    by_sql = sql(
        f"SELECT {SHOWN}, energy_wh, view, run_id FROM solera.energy "  # noqa: S608
        f"WHERE installation_id = 'valle-01' AND quantity = '{quantity}' AND start < '{CUT:%Y-%m-%d}' ORDER BY start"
    )
    by_rest = rest(
        "/v1/installations/valle-01/energy", quantity=quantity, **{"from": text(start), "to": text(CUT.replace(hour=0))}
    )["values"]
    assert by_sql == [tuple(value[name] for name in ("start", "energy_wh", "view", "run_id")) for value in by_rest]
    assert by_sql[0][1:] == (late["energy_wh"], "speed", "")
