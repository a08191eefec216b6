"""A session with a catalogue of its own: its views have the rows of a scope, and the whole ones stay as they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from conf.refusal import Refusal
from serving_layer.sql.engine import Engine
from serving_layer.sql.readonly import NotReadOnly
from serving_layer.sql.scoped import WHOLE, apart, narrow

ROWS = "VALUES ('home', 1.5D), ('other', 7.0D), (\"x' OR 'a' = 'a\", 9.0D) AS t (installation_id, energy_wh)"
VIEWS = {"energy": f"SELECT * FROM {ROWS}", "run": "SELECT '1' AS run_id", "cut": "SELECT 2 AS cut"}  # noqa: S608


@pytest.fixture(scope="module")
def whole(spark: SparkSession) -> Engine:
    session = spark.newSession()
    session.sql("CREATE DATABASE IF NOT EXISTS solera")
    for name, text in VIEWS.items():
        session.sql(f"CREATE OR REPLACE VIEW solera.{name} AS {text}")
    session.sql("USE solera")
    return Engine(session, lambda _: None)


@pytest.fixture(scope="module")
def of(whole: Engine) -> Callable[..., Engine]:
    """The engine of a scope."""

    def made(*scope: str) -> Engine:
        session = apart(whole.spark)
        session.sql(f"CREATE DATABASE IF NOT EXISTS {WHOLE}")
        for name, text in VIEWS.items():
            session.sql(f"CREATE VIEW {WHOLE}.{name} AS {text}")
        narrow(session, scope)
        return whole.on(session, lambda _: None)

    return made


def answers(engine: Engine, statement: str) -> list[object]:
    return [value for (value,) in zip(*engine.answer(statement, "group").to_pydict().values(), strict=True)]


@pytest.mark.parametrize(
    ("scope", "energies"), [(("home",), [1.5]), (("home", "other"), [1.5, 7.0]), (("x' OR 'a' = 'a",), [9.0]), ((), [])]
)
def test_a_scope_has_its_rows_and_the_whole_all_of_them(
    whole: Engine, of: Callable[..., Engine], scope: tuple[str, ...], energies: list[float]
) -> None:
    engine = of(*scope)
    for view in ("energy", "solera.energy", "`solera`.`energy`"):
        asked = f"SELECT energy_wh FROM {view} ORDER BY 1"  # noqa: S608
        assert (answers(engine, asked), answers(whole, asked)) == (energies, [1.5, 7.0, 9.0])


def test_what_is_about_all_is_not_there_and_what_is_everybodys_is(of: Callable[..., Engine]) -> None:
    engine = of("home")
    assert answers(engine, "SELECT cut FROM cut") == [2]
    with pytest.raises(Refusal, match="TABLE_OR_VIEW_NOT_FOUND"):
        engine.answer("SELECT * FROM run", "group")
    for statement in ("SELECT * FROM whole.energy", "SHOW VIEWS IN whole", "USE whole", "DESCRIBE whole.energy"):
        with pytest.raises(NotReadOnly):
            engine.answer(statement, "group")


def test_an_error_of_a_row_comes_without_its_value(whole: Engine, of: Callable[..., Engine]) -> None:
    statement = "SELECT raise_error(concat('it was ', energy_wh)) FROM energy"
    with pytest.raises(Refusal, match=r"it was \d"):
        whole.answer(statement, "group")
    with pytest.raises(Refusal, match=r"^The statement failed while rows were read\.$"):
        of("home").answer(statement, "group")
