"""The analysts' notes: run whole as notebooks of Jupyter and as notes in a real Zeppelin, and their results checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import correlation, mean
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from conf import Settings
from energy.calendar import local_day
from solera import notes
from stack.servers.zeppelin import Outcome, Zeppelin
from stack.services import environment
from tests.support import serving_rows as rows
from tests.support.analysts.world import ERRONEOUS_V, MADRID, Clock, expected_kwh, is_summed, readings, temperature_c
from tests.support.peers.modbus_device import free_port

ROOT = Path(__file__).parents[3]
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "notebooks/source").glob("*.py")}
HOME = rows.HOMES[0]
FORMS = {"installation": HOME, "community": rows.COMMUNITY}
DEADLINE_SECONDS = 120


@pytest.fixture(scope="module")
def asking(served: Settings) -> Iterator[None]:
    """Who is started meanwhile asks ``served``."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environment(served) | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}).items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def ran(asking: None) -> Any:
    def run(name: str, tables: str, **form: str) -> list[pd.DataFrame]:
        """The tables of these names that a notebook has made, once every cell has run."""
        notebook = nbformat.from_dict(notes.jupyter(SOURCES[name]))
        place = next(n for n, cell in enumerate(notebook.cells) if cell.metadata.get("tags") == ["parameters"])
        given = "\n".join(f"{key} = {value!r}" for key, value in (FORMS | form).items())
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(given))
        wanted = ", ".join(
            f"{each}.astype(object).to_json(orient='records', date_format='iso')" for each in tables.split()
        )
        notebook.cells.append(nbformat.v4.new_code_cell(f"import json\nprint(json.dumps([{wanted}]))"))
        NotebookClient(notebook, timeout=DEADLINE_SECONDS, kernel_name="python3").execute()
        shows_nothing = [
            cell.source for cell in notebook.cells
            if cell.cell_type == "code" and cell.source.startswith("# ") and not cell.outputs
        ]  # fmt: skip
        assert not shows_nothing
        return [pd.DataFrame(json.loads(each)) for each in json.loads(notebook.cells[-1].outputs[0].text)]

    return run


def test_fleet(ran: Any, clock: Clock) -> None:
    (fleet,) = ran("fleet", "fleet", days="1")
    found = fleet.set_index("installation_id")
    assert set(found.index) == set(rows.HOMES), "members alone: a community would count twice"
    for n, home in enumerate(rows.HOMES):
        kwh = expected_kwh(clock, "import", clock.local_yesterday, clock.now, [1 + n / 3])
        assert found.loc[home, "import"] == pytest.approx(kwh, abs=0.006)
    share = 100 * found["self_consumption"] / found["consumption"]
    assert list(found["own supply %"]) == pytest.approx(list(share), abs=0.5)


def test_day(ran: Any, clock: Clock) -> None:
    hours, summary, off = ran("day", "hours summary off", day=f"{clock.local_midnight + timedelta(hours=3):%Y-%m-%d}")
    sums = summary.set_index("quantity")["kWh"]
    for quantity in ("generation", "consumption", "import", "export"):
        kwh = expected_kwh(clock, quantity, clock.local_midnight, clock.now, [1.0])
        assert sums[quantity] == pytest.approx(kwh, abs=2e-3)
    assert set(hours["view"]) <= {"batch", "speed"}
    assert len(off) == len(hours)
    first = (clock.cut - timedelta(days=1)).date()
    begin, end = local_day(first, MADRID)
    (hours, nothing) = ran("day", "hours off", day=first.isoformat())
    assert len(hours) == (end - begin) // timedelta(hours=1)
    assert nothing.empty, "no night had forecast that day"


def test_forecasts(ran: Any) -> None:
    skill, months, drift = ran("forecasts", "skill months drift", installation=rows.COMMUNITY)
    assert set(skill["skill %"]) == {round(100 * (1 - 120.5 / 180.25), 1)}
    assert list(months["of the naive %"]) == [50.0]
    assert sorted(drift["kind"]) == ["consumption forecast drift", "generation forecast drift"]


def test_community(ran: Any, clock: Clock) -> None:
    members, together, used, bill = ran("community", "members together used.to_frame() bill")
    assert list(members["saved EUR"]) == [12.5, 25.0, 37.5]
    assert together.set_index("index")["sum"]["saved EUR"] == 75.0
    assert set(used.iloc[:, 0]) == {66.7}
    assert is_summed(bill)


def test_quality(ran: Any) -> None:
    ledger, reasons, lost, methods = ran("quality", "ledger reasons lost methods")
    assert ledger["adds up"].all()
    assert sorted(reasons["reason"]) == ["not JSON: EOF", "not JSON: not UTF-8"]
    assert list(lost["hours"]) == [18.0]
    assert set(methods["measured"]) == {100.0}


def test_prices(ran: Any, clock: Clock) -> None:
    ahead, extremes, worth = ran("prices", "ahead extremes worth")
    assert set(ahead["kind"]) == {"known", "forecast"}
    cheapest, dearest = ahead["price_eur_mwh"].min(), ahead["price_eur_mwh"].max()
    assert list(extremes["price_eur_mwh"].iloc[[0, -1]]) == [cheapest, dearest]
    assert list(worth["EUR"]) == [round(2 * (dearest - cheapest) / 1000, 3)]


def test_homes(ran: Any, clock: Clock) -> None:
    spread, classes, erroneous, by_voltage, relation = ran(
        "homes", "spread classes erroneous by_voltage.to_frame() relation"
    )
    assert list(spread["installation_id"]) == sorted(rows.HOMES)
    assert (spread["variability"] > 0.1).all()
    assert set(classes["class"]) <= {"evening", "night"}
    assert list(zip(erroneous["installation_id"], erroneous["voltage_v"], strict=True)) == [(HOME, ERRONEOUS_V)]
    assert list(by_voltage.iloc[:, 0]) == pytest.approx([-1.0] * len(rows.HOMES)), "230 V less what the load takes"
    assert list(relation["hours"]) == [24]
    assert relation["correlation of load and temperature"].iloc[0] == pytest.approx(together(clock), abs=6e-4)


def together(clock: Clock) -> float:
    """How far the meters' load goes with the station's temperature, hour by hour."""
    known = [row for row in readings(clock) if row["voltage_v"] != ERRONEOUS_V]
    hours = sorted({row["time"].replace(minute=0) for row in known})
    loads = [mean(row["import_power_w"] for row in known if row["time"].replace(minute=0) == hour) for hour in hours]
    return correlation(loads, [temperature_c(hour) for hour in hours])


def test_plant(ran: Any, clock: Clock) -> None:
    daily, health, still = ran("plant", "daily health still")
    kwh = expected_kwh(clock, "generation", clock.local_yesterday, clock.local_midnight, [1.0])
    assert daily["kWh a kW"].iloc[-1] == pytest.approx(kwh / 3.0, abs=2e-3)
    assert list(health["kW installed"]) == [3.0]
    assert still.empty


@pytest.fixture(scope="module")
def outcomes(served: Settings) -> Mapping[str, list[Outcome]]:
    """What each paragraph of each note ended with in one Zeppelin."""
    places = {"PYTHONPATH": str(ROOT), "SOLERA_HOME": str(served.home)}
    with Zeppelin(served, free_port(), environment(served) | places) as zeppelin:
        found = {}
        for path in sorted((ROOT / "notebooks/zeppelin").glob("*.zpln")):
            form = FORMS | ({"installation": rows.COMMUNITY} if path.stem == "forecasts" else {})
            found[path.stem] = [zeppelin.run(each, form) for each in zeppelin.import_note(path)]
    return found


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_paragraph_runs_in_zeppelin(outcomes: Mapping[str, list[Outcome]], name: str) -> None:
    failed = [outcome.output for outcome in outcomes[name] if outcome.status != "FINISHED"]
    assert not failed
    shown = [cell for cell in notes.cells(SOURCES[name]) if not cell.kind]
    tables = [outcome for outcome in outcomes[name] if "%table" in outcome.output]
    charts = [outcome for outcome in outcomes[name] if "<img" in outcome.output]
    assert len(tables) + len(charts) == len(shown)


def test_zeppelin_shows_the_numbers_of_jupyter(outcomes: Mapping[str, list[Outcome]]) -> None:
    tables = "\n".join(outcome.output for outcome in outcomes["community"])
    assert "saved EUR\t75" in tables
    assert f"{HOME}\t" in tables
