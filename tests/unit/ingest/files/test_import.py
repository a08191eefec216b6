"""Files of people and distributors: what is understood of them, and the records that they make."""

from __future__ import annotations

import bz2
import json
import os
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from typer.testing import CliRunner

from conf import load_settings
from energy.money.community.official_curves import ASSIGNED, SELF_CONSUMED, read_curves
from energy.topics import TOPICS
from ingest.files.importing import first_known, messages
from ingest.files.mapping import FORMS, FileMapping, MappingError, forms, read_mapping
from ingest.files.table import read_table
from ingest.files.understood import Understood, understand
from stack.cli import app
from store.instants import instant_of

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
CUPS = "ES0189000048220011CR"
SHARED = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data"))
METER = {"installation_id": "casa", "device_id": "grid", "device_kind": "meter"}
HOURLY = {"installation_id": "casa", "meter_id": "m", "columns": {"import_wh": {"column": "kwh", "factor": 1000}}}


def meaning(tmp_path: Path, **said: Any) -> FileMapping:
    path = tmp_path / "mapping.yaml"
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return read_mapping(path)


def read(tmp_path: Path, text: str | bytes, **said: Any) -> tuple[Understood, list[dict[str, Any]]]:
    """What is understood of a file with ``text``, and the records it makes, each of which its topic takes."""
    mapping = meaning(tmp_path, **said)
    file = tmp_path / "file.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    understood = understand(read_table(file, mapping), mapping)
    made = [message.value for message in messages(understood, mapping, NOW)]
    for value in made:
        TOPICS[mapping.topic].parse(value, NOW, is_replayed=True)
    return understood, [json.loads(value) for value in made]


def hours(day: date, count: int) -> list[str]:
    """RFC 3339 of the starts of hours of a local day."""
    begin = datetime(day.year, day.month, day.day, tzinfo=MADRID).astimezone(timezone.utc)
    return [f"{begin + timedelta(hours=n):%Y-%m-%dT%H:%M:%S}.000Z" for n in range(count)]


FORMS_SHOWN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "cnmc": (
        f"CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n{CUPS};05/01/2026;1;0,141;R\n{CUPS};05/01/2026;24;1,5;E\n",
        [{"import_wh": 141.0, "method": "measured"}, {"import_wh": 1500.0, "method": "estimated"}],
    ),
    "datadis": (
        "cups;fecha;hora;consumo_kWh;metodoObtencion;energiaVertida_kWh;energiaGenerada_kWh;energiaAutoconsumida_kWh\n"
        f'"{CUPS}";"2026/01/05";"01:00";"0,141";"Real";"0";;\n"{CUPS}";"2026/01/05";"24:00";"0,2";"Estimada";;"1";"0,7"\n',
        [
            {"import_wh": 141.0, "export_wh": 0.0, "method": "measured"},
            {"import_wh": 200.0, "generation_wh": 1000.0, "self_consumption_wh": 700.0, "method": "estimated"},
        ],
    ),
    "e-distribucion": (
        "CUPS;Fecha;Hora;AE_kWh;AS_KWh;AE_AUTOCONS_kwh;REAL/ESTIMADO\n"
        f"{CUPS};05/01/2026;1;0,141;0,5;0,1;R\n{CUPS};05/01/2026;24;0;;;E\n",
        [
            {"import_wh": 141.0, "export_wh": 500.0, "self_consumption_wh": 100.0, "method": "measured"},
            {"import_wh": 0.0, "method": "estimated"},
        ],
    ),
    "i-de": (
        "CUPS;FECHA-HORA;INV / VER;CONSUMO Wh;GENERACION Wh;\n"
        f"{CUPS};2026/01/05 01:00;0;141;0;\n{CUPS};2026/01/06 00:00;0;51;7;\n",
        [{"import_wh": 141.0, "export_wh": 0.0}, {"import_wh": 51.0, "export_wh": 7.0}],
    ),
    "p5d": (
        f"{CUPS};2026/01/05 01:00;0;141;0\n{CUPS};2026/01/06 00:00;0;51;7\n",
        [{"import_wh": 141.0, "export_wh": 0.0}, {"import_wh": 51.0, "export_wh": 7.0}],
    ),
    "f5d": (
        f"{CUPS};2026/01/05 01:00;0;141;0;1;2;3;4;1;1;F1\n{CUPS};2026/01/06 00:00;0;51;7;1;2;3;4;3;1;F1\n",
        [{"import_wh": 141.0, "export_wh": 0.0}, {"import_wh": 51.0, "export_wh": 7.0, "method": "estimated"}],
    ),
    "a5d": (
        f"{CUPS};2026/01/05 01:00;0;141;0;0;0;0;0;1;1;F1\n{CUPS};2026/01/06 00:00;0;51;0;0;0;0;0;6;1;F1\n",
        [{"self_consumption_wh": 141.0}, {"self_consumption_wh": 51.0, "method": "estimated"}],
    ),
    "b5d": (
        f"{CUPS};2026/01/05 01:00;0;0;141;0;0;0;0;1;1;F1\n{CUPS};2026/01/06 00:00;0;0;51;0;0;0;0;2;1;F1\n",
        [{"generation_wh": 141.0}, {"generation_wh": 51.0, "method": "estimated"}],
    ),
}


@pytest.mark.parametrize("form", FORMS_SHOWN)
def test_a_distributors_file_needs_its_name_alone(tmp_path: Path, form: str) -> None:
    text, expected = FORMS_SHOWN[form]
    understood, records = read(tmp_path, text, form=form, installation_id="casa")
    assert (understood.refused, understood.absent) == ({}, [])
    first, last = hours(date(2026, 1, 5), 1)[0], hours(date(2026, 1, 5), 24)[23]
    for record, start, said in zip(records, (first, last), expected, strict=True):
        assert (record.pop("start"), record.pop("meter_id"), record.pop("installation_id")) == (start, CUPS, "casa")
        rest = {name: value for name, value in record.items() if name not in ("schema", "end", "source", "known_at")}
        assert rest == {"method": "measured", **said}


@pytest.mark.parametrize(("form", "what"), [("a5d", SELF_CONSUMED), ("b5d", ASSIGNED)])
def test_an_official_curve_says_the_same_here_and_where_shares_are_compared(
    tmp_path: Path, form: str, what: str
) -> None:
    labels = ["01:00;1", "02:00;1", "03:00;1", "03:00:00;0", "04:00;0"]
    lines = [f"{CUPS};2026/10/25 {label};{n};{10 * n};0;0;0;0;1;1;F1" for n, label in enumerate(labels, start=1)]
    content = bz2.compress("\r\n".join(lines).encode())
    _, records = read(tmp_path, content, form=form, installation_id="casa")
    (field,) = meaning(tmp_path, form=form, installation_id="casa").columns
    ours = {instant_of(record["start"]): 1000 * record[field] for record in records}
    assert ours == read_curves(content, what)[CUPS[:20]]
    assert len(ours) == len(labels)


HOME_ASSISTANT: dict[str, tuple[str, dict[str, Any], list[tuple[str, float]]]] = {
    "home-assistant-history": (
        "entity_id,state,last_changed\nsensor.grid,12.5,2026-01-05T10:00:00.123Z\nsensor.grid,unavailable,"
        "2026-01-05T10:30:00.000Z\nsensor.grid,12.75,2026-01-05T11:00:00.000Z\n",
        {"columns": {"import_total_wh": {"column": "state", "factor": 1000}}},
        [("2026-01-05T10:00:00.123Z", 12500.0), ("2026-01-05T11:00:00.000Z", 12750.0)],
    ),
    "home-assistant-statistics": (
        "statistic_id\tunit\tstart\tstate\tsum\nsensor.grid\tkWh\t05.01.2026 10:00\t12.5\t2.5\n",
        {"columns": {"import_total_wh": {"column": "sum", "factor": 1000}}, "time": {"zone": "Europe/Madrid"}},
        [("2026-01-05T10:00:00.000Z", 2500.0)],
    ),
}


@pytest.mark.parametrize("form", HOME_ASSISTANT)
def test_home_assistants_files_are_registers_of_a_device(tmp_path: Path, form: str) -> None:
    text, said, expected = HOME_ASSISTANT[form]
    understood, records = read(tmp_path, text, form=form, **METER, **said)
    assert [(record["time"], record["import_total_wh"]) for record in records] == expected
    assert {(record["device_id"], record["device_kind"], record["source"]) for record in records} == {
        ("grid", "meter", "home-assistant")
    }
    assert sum(understood.refused.values()) == (form == "home-assistant-history")


PORTALS = {
    "solaredge": (
        'Time,System Production (W)\n10/25/2026 12:00,"0"\n10/25/2026 12:15,"997.8901"\n',
        [("2026-10-25T11:00:00.000Z", 15, {"generation_wh": 0.0}),
         ("2026-10-25T11:15:00.000Z", 15, {"generation_wh": 249.472525})],
    ),
    "fusionsolar": (
        "Plant Report,,,,,,\n"
        "Statistical Period,PV Yield (kWh),Inverter Yield (kWh),Export (kWh),Import (kWh),Consumption (kWh),"
        "Self-consumption (kWh)\n2026-01-05 12:00:00,3.2,3.1,1.5,0.25,1.95,1.7\n",
        [("2026-01-05T11:00:00.000Z", 60, {"generation_wh": 3200.0, "export_wh": 1500.0, "import_wh": 250.0,
                                           "consumption_wh": 1950.0, "self_consumption_wh": 1700.0})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", PORTALS)
def test_an_inverter_makers_export_is_energies_of_its_meter(tmp_path: Path, form: str) -> None:
    text, expected = PORTALS[form]
    site = {"installation_id": "casa", "meter_id": "inversor", "time": {"zone": "Europe/Madrid"}}
    understood, records = read(tmp_path, text, form=form, **site)
    assert understood.refused == {}
    for record, (start, minutes, energies) in zip(records, expected, strict=True):
        assert (record["start"], record["source"], record["meter_id"]) == (start, form, "inversor")
        assert instant_of(record["end"]) - instant_of(start) == timedelta(minutes=minutes)
        assert {name: value for name, value in record.items() if name.endswith("_wh")} == energies


def test_every_form_has_been_shown() -> None:
    assert set(forms()) == FORMS_SHOWN.keys() | HOME_ASSISTANT.keys() | PORTALS.keys()
    assert all((FORMS / f"{name}.yaml").read_text().startswith("# ") for name in forms())


@pytest.mark.parametrize(("day", "count"), [((2026, 3, 29), 23), ((2026, 6, 1), 24), ((2026, 10, 25), 25)])
@pytest.mark.parametrize("form", ["cnmc", "datadis"])
def test_days_of_23_and_25_hours(tmp_path: Path, form: str, day: tuple[int, int, int], count: int) -> None:
    begun = date(*day)
    if form == "cnmc":
        head = "CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion"
        rows = [f"{CUPS};{begun:%d/%m/%Y};{n};{n},0;R" for n in range(1, count + 1)]
    else:
        head = FORMS_SHOWN["datadis"][0].splitlines()[0]
        labels = [n for n in range(1, 25) for _ in range(count - 23 if n == 3 else 1)]
        rows = [f"{CUPS};{begun:%Y/%m/%d};{label:02}:00;{n},0;Real;;;" for n, label in enumerate(labels, start=1)]
    understood, records = read(tmp_path, "\n".join([head, *rows]), form=form, installation_id="casa")
    assert [record["start"] for record in records] == hours(begun, count)
    assert [record["import_wh"] for record in records] == [1000.0 * n for n in range(1, count + 1)]
    assert (understood.refused, understood.holes()) == ({}, [])
    (month,) = understood.by_month(frozenset()).itertuples()
    assert (month.Index, month.rows, month.import_wh) == (f"{begun:%Y-%m}", count, 500.0 * count * (count + 1))


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        pytest.param("t,kwh\n2026-01-05T10:00:00+01:00,1.5\n", {"time": {"column": "t"}}, [("09:00", 1500.0)],
                     id="offset"),
        pytest.param("t,kwh\n1767603600,1.5\n", {"time": {"column": "t", "format": "unix"}}, [("09:00", 1500.0)],
                     id="unix"),
        pytest.param("a report\n\nt\tkwh\n1/5/2026 10:00\t1,5\n",
                     {"time": {"column": "t", "format": "%m/%d/%Y %H:%M", "zone": "Europe/Madrid"}, "skip_lines": 2,
                      "decimal": ","}, [("09:00", 1500.0)], id="month first, tabs, lines above"),
        pytest.param("t|kwh\n05-01-2026 10:00|1.064,25\n",
                     {"time": {"column": "t", "format": "%d-%m-%Y %H:%M", "zone": "UTC", "marks": "end"},
                      "decimal": ","}, [("09:00", 1064250.0)], id="bars, thousands, end"),
        pytest.param("t;kwh\r\n2026-01-05 10:15;\r\n2026-01-05 10:30;2\r\n",
                     {"time": {"column": "t", "zone": "UTC", "minutes": 15}}, [("10:30", 2000.0)], id="empty, CRLF"),
        pytest.param("d;h;kwh\n2026-01-05;3;2\n2026-01-05;96;4\n",
                     {"time": {"column": "d", "hour": "h", "zone": "UTC", "minutes": 15, "marks": "end"}},
                     [("00:30", 2000.0), ("23:45", 4000.0)], id="numbered quarters"),
        pytest.param("d;h;kwh\n2026-01-05;0:05;2\n",
                     {"time": {"column": "d", "hour": "h", "zone": "UTC", "minutes": 5}}, [("00:05", 2000.0)], id="2"),
        pytest.param("año;kwh\n2026-01-05 10:00;1\n".encode("iso-8859-15"), {"time": {"column": "año", "zone": "UTC"}},
                     [("10:00", 1000.0)], id="Latin-9"),
        pytest.param("t;kwh\n2026-01-05 10:00;1\n".encode("utf-16"), {"time": {"column": "t", "zone": "UTC"}},
                     [("10:00", 1000.0)], id="UTF-16"),
        pytest.param("\ufeffT ;KWH\n2026-01-05 10:00;1\n2026-01-05 10:00;1\n", {"time": {"column": "t", "zone": "UTC"}},
                     [("10:00", 1000.0)], id="mark, case, repeated"),
        pytest.param("t;kwh;who\n2026-01-05 10:00;1;a\n2026-01-05 10:00;2;b\n",
                     {"time": {"column": "t", "zone": "UTC"}, "where": {"who": "b"}}, [("10:00", 2000.0)], id="where"),
    ],
)  # fmt: skip
def test_ways_of_writing(
    tmp_path: Path, text: str | bytes, said: dict[str, Any], expected: list[tuple[str, float]]
) -> None:
    _, records = read(tmp_path, text, **HOURLY, **said)
    assert [(record["start"][11:16], record["import_wh"]) for record in records] == expected


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param("2026-13-05 10:00;1", "time can't be read", id="no date"),
        pytest.param("yesterday;1", "time can't be read", id="no time"),
        pytest.param("2026-03-29 02:30;1", "no such time", id="skipped by the clock"),
        pytest.param("2026-10-25 02:30;1", "showed it twice", id="shown twice"),
        pytest.param("2026-01-06 10:00;0,5", "no number", id="other decimal sign"),
        pytest.param("2026-01-06 10:00;1,500", "no number", id="thousands or decimal"),
        pytest.param("2026-01-06 10:00;-1", "negative", id="negative"),
        pytest.param("2026-01-06 10:00;1e99", "beyond measure", id="huge"),
        pytest.param("2026-01-06 10:00;inf", "no number", id="infinite"),
        pytest.param("2026-01-06 10:00;", "no value", id="empty"),
        pytest.param("2026-01-05 10:00;2", "says otherwise", id="contradiction"),
    ],
)
def test_what_is_refused_is_said_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    text = f"t;kwh\n2026-01-05 10:00;1\n2026-01-05 11:00;1\n{row}\n"
    understood, records = read(tmp_path, text, **HOURLY, time={"column": "t", "zone": "Europe/Madrid"})
    ((reason, count),) = understood.refused.items()
    assert said in reason
    contradicted = "otherwise" in said
    assert (count, understood.first_refused[reason]) == ((2, 2) if contradicted else (1, 4))
    assert len(records) == (1 if contradicted else 2)


def test_a_cell_that_cannot_be_read_costs_itself_alone(tmp_path: Path) -> None:
    device = {
        **METER,
        "time": {"column": "t", "zone": "UTC"},
    }
    columns = {"import_power_w": {"column": "w"}, "voltage_v": {"column": "v"}}
    understood, (record,) = read(tmp_path, "t;w;v\n2026-01-05 10:00;x;230\n", **device, columns=columns)
    assert record["voltage_v"] == 230.0
    assert "import_power_w" not in record
    assert list(understood.refused) == ["import_power_w is no number with decimal '.'"]


def test_holes_and_months_are_counted_in_local_time(tmp_path: Path) -> None:
    rows = [f"2026-{month:02}-01 {hour:02}:00;1" for month in (1, 2) for hour in (0, 1, 5)]
    understood, _ = read(tmp_path, "\n".join(["t;kwh", *rows]), **HOURLY, time={"column": "t", "zone": "Europe/Madrid"})
    assert [f"{begin:%d %H} {end:%d %H}" for begin, end in understood.holes()] == [
        "01 01 01 04",
        "01 05 31 23",
        "01 01 01 04",
    ]
    assert understood.by_month(frozenset())["import_wh"].to_dict() == {"2026-01": 3000.0, "2026-02": 3000.0}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "time: Field required"),
        ({"form": "none"}, "there is no form 'none'; there are: a5d, b5d, cnmc"),
        ({"time": {"column": "t", "zone": "Madrid"}}, "no time zone 'Madrid'"),
        ({"time": {"column": "t"}, "columns": {"heat": {"column": "x"}}}, "columns"),
        (
            {"time": {"column": "t"}, "columns": {"import_wh": {"column": "x"}, "voltage_v": {"column": "y"}}},
            "two mappings",
        ),
        ({"time": {"column": "t"}, "columns": {"voltage_v": {"column": "y"}}}, "device_id"),
        ({"time": {"column": "t"}, "meter_id": None}, "meter_id"),
        ({"time": {"column": "t"}, "colums": {}}, "Extra inputs"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(tmp_path: Path, said: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError, match=message):
        meaning(tmp_path, **{**HOURLY, **said})


@pytest.mark.parametrize(
    ("text", "said", "message"),
    [
        ("when;kwh\n1;2\n", {}, "no column 't'; it has: when, kwh"),
        ("t;energy\n1;2\n", {}, "none of them; it has: t, energy"),
        ("t;kwh;kwh\n1;2;3\n", {}, "more than once"),
        ("t;kwh;id\n1;2;a\n1;2;b\n", {"one_of": "id"}, "2 values \\(a, b\\): choose one"),
        ("t;kwh;id\n1;2;a\n", {"where": {"id": "c"}}, "no row"),
    ],
)
def test_a_file_that_is_not_what_the_mapping_says(
    tmp_path: Path, text: str, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(MappingError, match=message):
        read(tmp_path, text, **HOURLY, time={"column": "t", "zone": "UTC"}, **said)


def test_twice_the_same_file_makes_the_same_records_and_a_corrected_one_later_ones(tmp_path: Path) -> None:
    settings, mapping = load_settings(home=tmp_path / "home"), meaning(tmp_path, **HOURLY, time={"column": "t"})
    file, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_text("t;kwh\n2026-01-05T10:00:00Z;1\n")
    copy.write_text(file.read_text())
    later = NOW + timedelta(days=3)
    assert first_known(settings, file, mapping.model_dump_json(), NOW) == NOW
    assert first_known(settings, copy, mapping.model_dump_json(), later) == NOW
    copy.write_text("t;kwh\n2026-01-05T10:00:00Z;2\n")
    assert first_known(settings, copy, mapping.model_dump_json(), later) == later
    other = mapping.model_copy(update={"decimal": ","})
    assert first_known(settings, file, other.model_dump_json(), later) == later


def test_the_command_shows_and_publishes_nothing_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
    (tmp_path / "casa.yaml").write_text("{form: cnmc, installation_id: casa}")
    (tmp_path / "c.csv").write_text(FORMS_SHOWN["cnmc"][0])
    shown = CliRunner().invoke(app, ["import", str(tmp_path / "c.csv"), "--mapping", str(tmp_path / "casa.yaml")])
    assert shown.exit_code == 0, shown.output
    for said in (
        "casa, " + CUPS,
        "2 rows for topic intervals",
        "2026-01-05 00:00 to",
        "1.641",
        "estimated: 1",
        "Hole: 2026",
    ):
        assert said in shown.output
    assert "--yes" in shown.output


@pytest.mark.skipif(not SHARED.is_dir(), reason="SOLERA_SHARED_DATA names no folder")
def test_a_real_parks_files(tmp_path: Path) -> None:
    device = {"installation_id": "p", "device_id": "i", "device_kind": "inverter", "decimal": ","}
    columns = {
        "irradiance_w_m2": {"column": "Irradiación (W/m2)"},
        "module_temperature_c": {"column": "Temperatura modul"},
    }
    for name, time, lines, rows in (
        ("2020-01", {"format": "%d/%m/%Y", "zone": "Europe/Madrid"}, 0, 8927),
        ("2021-04", {"format": "%Y-%m-%d %H:%M:%S%z"}, 1, 6267),
    ):
        said = {"time": {"column": "Dia", "hour": "Hora", "minutes": 5, **time}, "skip_lines": lines}
        mapping = meaning(tmp_path, **device, columns=columns, **said)
        file = SHARED / "spanish_plant" / f"expectedPower-{name}-Alcolea.csv.gz"
        understood = understand(read_table(file, mapping), mapping)
        assert (len(understood.rows), understood.refused) == (rows, {})
        assert understood.rows["irradiance_w_m2"].max() < 1500


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(
            ["2026-03-28 23:00:00+01", "2026-03-29 03:00:00+02"], id="offsets of whole hours, as of PostgreSQL"
        ),
        pytest.param(["2026-03-28 22:00:00 UTC", "2026-03-29 01:00:00 UTC"], id="UTC in letters"),
        pytest.param(["2026-03-28T22:00:00z", "2026-03-29T01:00:00z"], id="a small z"),
    ],
)
def test_a_time_may_say_its_offset_in_other_ways(tmp_path: Path, labels: list[str]) -> None:
    rows = "".join(f"{label};0.1\n" for label in labels)
    understood, records = read(tmp_path, f"at;kwh\n{rows}", **HOURLY, time={"column": "at"})
    assert understood.refused == {}
    assert [record["start"] for record in records] == ["2026-03-28T22:00:00.000Z", "2026-03-29T01:00:00.000Z"]


@pytest.mark.parametrize(("day", "count"), [(date(2026, 1, 5), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
@pytest.mark.parametrize(
    ("form", "written"), [("%d/%m/%Y %H:%M", "{day:%d/%m/%Y} {hour:02}:00"), (None, "{day}T{hour:02}:00:00")]
)
def test_a_day_may_end_at_24_in_one_column(
    tmp_path: Path, day: date, count: int, form: str | None, written: str
) -> None:
    ends = [hour for hour in range(1, 25) for _ in range(1 + (hour == 3) * (count - 24))]
    rows = "".join(f"{written.format(day=day, hour=hour)};0.1\n" for hour in ends)
    time = {"column": "at", "zone": "Europe/Madrid", "marks": "end"} | ({"format": form} if form else {})
    understood, records = read(tmp_path, f"at;kwh\n{rows}", **HOURLY, time=time)
    assert understood.refused == {}
    assert [record["start"] for record in records] == hours(day, count)


def test_columns_and_what_stands_in_them_may_be_numbers(tmp_path: Path) -> None:
    text = "7;2026-01-05T00:00:00Z;0.1;0\n8;2026-01-05T00:00:00Z;0.3;1\n"
    said = {
        "installation_id": "casa",
        "has_names": False,
        "where": {1: 8},
        "one_of": 1,
        "time": {"column": 2},
        "columns": {"import_wh": {"column": 3, "factor": 1000}},
        "method": {"column": 4, "estimated": [1]},
    }
    understood, records = read(tmp_path, text, **said)
    assert (understood.refused, understood.meter) == ({}, "8")
    assert [(record["import_wh"], record["method"]) for record in records] == [(300.0, "estimated")]


def test_readings_bear_the_second_that_the_file_says(tmp_path: Path) -> None:
    said = {
        **METER,
        "time": {"column": "at", "zone": "Europe/Madrid"},
        "columns": {"import_power_w": {"column": "w"}},
    }
    rows = "".join(f"2026-01-05T12:{n // 6:02}:{n % 6}0,{n}\n" for n in range(60))
    _, records = read(tmp_path, f"at,w\n{rows}", **said)
    assert [record["time"] for record in records] == [f"2026-01-05T11:{n // 6:02}:{n % 6}0.000Z" for n in range(60)]
