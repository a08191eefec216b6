"""AEMET's answers with nulls, odd cells, odd encodings and steps that expire: each costs itself and is said."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy.topics import TOPICS
from ingest.publishing.message import message
from ingest.sources.aemet import forms, stations
from ingest.sources.aemet.client import Aemet, AemetError
from ingest.sources.source import Record, SourceError
from tests.unit.ingest.sources.test_aemet import Service, envelope

KNOWN_AT = datetime(2026, 11, 25, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def hourly(*days: str, **entries: Any) -> list[dict[str, Any]]:
    """An hourly forecast of whole days, 3 degrees in each hour, with ``entries`` in the first day."""
    stated = [
        {
            "fecha": f"{day}T00:00:00",
            "temperatura": [{"value": str(hour), "periodo": f"{hour:02d}"} for hour in range(24)],
            "estadoCielo": [{"value": "12", "periodo": f"{hour:02d}"} for hour in range(24)],
        }
        for day in days
    ]
    stated[0] |= entries
    return [{"elaborado": f"{days[0]}T00:02:00", "prediccion": {"dia": stated}}]


def read(body: Any, code: str = "28079") -> tuple[list[Record], list[str]]:
    said: list[str] = []
    return forms.hourly_forecast(body, code, said.append), said


ODD_ENTRIES = [
    pytest.param({"estadoCielo": [{"value": None, "periodo": "05"}]}, id="a null sky"),
    pytest.param({"estadoCielo": [{"value": 12, "periodo": "05"}]}, id="a sky that is a number"),
    pytest.param({"estadoCielo": None}, id="no skies"),
    pytest.param({"humedadRelativa": [{"value": "-", "periodo": "05"}, {"value": "80", "periodo": "06"}]}, id="a dash"),
    pytest.param({"precipitacion": [{"value": "Ip ", "periodo": "05"}]}, id="a trace with a space"),
    pytest.param({"precipitacion": [{"value": "x", "periodo": "yy"}]}, id="a period that is none"),
    pytest.param({"precipitacion": [None, 7, "x"]}, id="entries that are none"),
    pytest.param({"precipitacion": [{"value": "1", "periodo": "9" * 30}]}, id="an hour beyond all"),
    pytest.param({"precipitacion": [{"value": "1", "periodo": "-5"}]}, id="an hour before the day"),
    pytest.param({"probPrecipitacion": [{"value": "4", "periodo": "01" + "9" * 30}]}, id="a period beyond all"),
    pytest.param({"vientoAndRachaMax": [{"value": None, "periodo": "05"}]}, id="a null gust"),
    pytest.param({"vientoAndRachaMax": [{"velocidad": [], "periodo": "05"}]}, id="no speed"),
    pytest.param({"probPrecipitacion": [{"value": "Ip", "periodo": "0107"}]}, id="a chance that is a trace"),
    pytest.param({"probPrecipitacion": [{"value": "40", "periodo": None}]}, id="a chance without a period"),
    pytest.param({"probPrecipitacion": [{"value": "400", "periodo": "0107"}]}, id="a chance above all"),
]


@pytest.mark.parametrize("entries", ODD_ENTRIES)
def test_an_odd_entry_costs_itself(entries: dict[str, Any]) -> None:
    records, _ = read(hourly("2026-11-25", **entries))
    assert len(records) == 24
    assert [record["temperature_c"] for record in records] == list(range(24))
    for record in records:
        TOPICS["weather"].parse(message("weather", record).value, KNOWN_AT)


def test_what_can_not_be_read_is_counted_and_said_once() -> None:
    _, said = read(hourly("2026-11-25", humedadRelativa=[{"value": "-", "periodo": f"{n:02d}"} for n in range(9)]))
    assert len(said) == 1
    assert "9 of its values can't be read" in said[0]


def test_the_chance_of_rain_of_the_evening_reaches_midnight() -> None:
    records, _ = read(hourly("2026-11-26", "2026-11-27", probPrecipitacion=[{"value": "40", "periodo": "1901"}]))
    chances = {r["time"]: r.get("precipitation_probability") for r in records}
    evening = datetime(2026, 11, 26, 18, tzinfo=timezone.utc)
    assert [chances[evening + n * HOUR] for n in range(-1, 7)] == [None, *[0.4] * 6, None]


@pytest.mark.parametrize(("code", "first"), [("28079", 1), ("35016", 0)])
def test_the_hour_that_spring_skips_has_no_record(code: str, first: int) -> None:
    """At 2 o'clock in Madrid (1 on the islands) it is 3 (2), which is hour ``first`` + 1 of UTC's day."""
    records, _ = read(hourly("2026-03-29"), code)
    times = [record["time"] for record in records]
    assert len(times) == len(set(times)) == 23
    (record,) = [r for r in records if r["time"] == datetime(2026, 3, 29, 1, tzinfo=timezone.utc)]
    assert record["temperature_c"] == (3 if code == "28079" else 2)
    assert first in (0, 1)


@pytest.mark.parametrize("stated", [None, "", "x", 7, "0001-01-01", "9999-12-31T00:00:00"])
def test_a_day_without_its_date_costs_itself(stated: Any) -> None:
    body = hourly("2026-11-25", "2026-11-26")
    body[0]["prediccion"]["dia"][0]["fecha"] = stated
    records, said = read(body)
    assert len(records) == 24
    assert "a day without its date" in said[0]


DAILY_DAY = {
    "fecha": "2026-11-25T00:00:00", "temperatura": {"maxima": 12, "minima": 4, "dato": []},
    "estadoCielo": [{"value": "12"}], "viento": [{"velocidad": 10}], "probPrecipitacion": [{"value": 20}],
}  # fmt: skip


@pytest.mark.parametrize(
    "odd",
    [{"temperatura": None}, {"temperatura": {"maxima": None, "minima": 3}},
     {"temperatura": {"dato": [{"hora": None}]}}, {"temperatura": {"dato": [{"hora": 10**30, "value": 3}]}}],
)  # fmt: skip
def test_a_far_day_without_temperatures_costs_itself(odd: dict[str, Any]) -> None:
    days = [{**DAILY_DAY, **odd}, {**DAILY_DAY, "fecha": "2026-11-26T00:00:00"}]
    (record,) = forms.daily_forecast([{"elaborado": "2026-11-25T00:02:00", "prediccion": {"dia": days}}], "28079")
    assert (record["temperature_c"], record["precipitation_probability"]) == (8.0, 0.2)


@pytest.mark.parametrize("odd", [{"estadoCielo": None}, {"viento": [{"velocidad": "x"}]}, {"probPrecipitacion": [{}]},
                                 {"estadoCielo": [{"value": "12", "periodo": "x"}]}])  # fmt: skip
def test_an_odd_entry_of_a_far_day_costs_itself(odd: dict[str, Any]) -> None:
    body = [{"elaborado": "2026-11-25T00:02:00", "prediccion": {"dia": [{**DAILY_DAY, **odd}]}}]
    (record,) = forms.daily_forecast(body, "28079", lambda _: None)
    assert record["temperature_c"] == 8.0


@pytest.mark.parametrize("body", [None, [], {}, [{}], [{"elaborado": "x"}], "text", 7, [None], [{"prediccion": None}]])
def test_an_answer_of_another_form_is_refused(body: Any) -> None:
    for form in (forms.hourly_forecast, forms.daily_forecast):
        with pytest.raises(SourceError, match="another form"):
            form(body, "28079")


@pytest.mark.parametrize("odd", [{"tmed": "-"}, {"prec": "Ip "}, {"sol": "x"}, {"hrMedia": None}, {"racha": {}}])
def test_one_bad_cell_of_many_stations_costs_itself(odd: dict[str, Any]) -> None:
    rows = [{"indicativo": f"{n}", "fecha": "2020-06-21", "tmed": "17,3"} for n in range(20)]
    records = stations.daily_values([*rows, {"indicativo": "20", "fecha": "2020-06-21", **odd}], {"20": 40.0}, KNOWN_AT)
    assert len(records) == 21
    assert [r["temperature_c"] for r in records[:20]] == [17.3] * 20


@pytest.mark.parametrize("odd", [{"indicativo": "20", "fecha": "x"}, {"fecha": "2020-06-21"}, {}, None, 7, "row"])
def test_a_row_that_can_not_be_read_costs_itself_and_is_said(odd: Any) -> None:
    said: list[str] = []
    rows = [{"indicativo": f"{n}", "fecha": "2020-06-21", "tmed": "17,3"} for n in range(20)]
    assert len(stations.daily_values([odd, *rows], {}, KNOWN_AT, said.append)) == 20
    assert "1 of its values" in said[0]
    with pytest.raises(SourceError, match="another form"):
        stations.daily_values([odd], {}, KNOWN_AT, said.append)


@pytest.mark.parametrize("station", [None, "", " ", True, 1.5, []])
def test_a_row_of_no_station_costs_itself_and_is_said(station: Any) -> None:
    rows = [{"idema": each, "fint": "2026-11-25T01:00:00", "ta": 1.5} for each in (station, "1")]
    said: list[str] = []
    assert [each["location_id"] for each in stations.observations(rows, KNOWN_AT, said.append)] == ["1"]
    assert "1 of its values" in said[0]


@pytest.mark.parametrize("cell", ["1_0", "٣", "infinity", True, "1.234,5"])
def test_a_cell_that_is_a_number_to_python_alone_is_none(cell: Any) -> None:
    said: list[str] = []
    rows = [{"idema": "1", "fint": "2026-11-25T01:00:00", "ta": cell, "hr": "55"}]
    (record,) = stations.observations(rows, KNOWN_AT, said.append)
    assert ("temperature_c" in record, record["relative_humidity"], len(said)) == (False, 55.0, 1)


def test_observations_at_the_end_of_a_day_and_odd_ones_beside() -> None:
    rows: list[Any] = [{"idema": "1", "fint": "2026-11-24T24:00:00", "ta": 1.5}, {"idema": "2", "fint": None}, None,
                       {"idema": "3", "fint": "2026-11-25T00:00:00+0000", "ta": None, "prec": "Ip"}]  # fmt: skip
    first, second = stations.observations(rows, KNOWN_AT, lambda _: None)
    assert first["time"] == second["time"] == KNOWN_AT - HOUR
    assert "temperature_c" not in second
    assert second["precipitation_mm"] == 0.0


@pytest.mark.parametrize("latitude", [-89.0, -70.0, 0.0, 40.4, 70.0, 89.0])
def test_daylight_has_bounds_at_any_latitude(latitude: float) -> None:
    assert all(0 <= stations.daylight_hours(latitude, day) <= 24 for day in range(1, 367))


NAMES = [{"nombre": "A CORUÑA", "texto": "uno\ndos\tX"}]
RAW = '[{"nombre": "A CORUÑA", "texto": "uno\ndos\tX"}]'


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [("text/plain;charset=ISO-8859-15", "iso-8859-15"), ("text/plain", "iso-8859-15"), (None, "iso-8859-15"),
     ("application/json; charset=UTF-8", "utf-8"), ("application/json; charset=UTF-8", "iso-8859-15"),
     ("application/json; charset=UTF-8", "utf-8-sig"), (None, "utf-8-sig"), ("text/plain", "utf-8"),
     ("text/plain; charset=unknown-8", "iso-8859-15"), ('text/plain; charset="ISO-8859-15"; q=1', "iso-8859-15")],
)  # fmt: skip
def test_encodings_and_control_characters(
    service: Service,
    aemet: Aemet,
    content_type: str | None,
    encoding: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler: Any = service.RequestHandlerClass
    plain = handler.end_headers

    def with_type(self: Any) -> None:
        if content_type:
            self.send_header("Content-Type", content_type)
        plain(self)

    monkeypatch.setattr(handler, "end_headers", with_type)
    service.script = {"/x": [(200, RAW.encode(encoding))]}
    assert aemet.fetch("/x")[1] == NAMES


def test_a_second_step_that_expired_is_asked_for_again_from_the_first(service: Service, aemet: Aemet) -> None:
    expired = (200, {"descripcion": "datos expirados", "estado": 404})
    service.script = {"/x": [(200, envelope(service)), (200, envelope(service, "/sh/2"))], "/sh/1": [expired],
                      "/sh/2": [(200, [{"nombre": "A"}])]}  # fmt: skip
    assert aemet.fetch("/x")[1] == [{"nombre": "A"}]


@pytest.mark.parametrize("state", [None, "mal", [], {}])
def test_a_state_that_is_no_number_leaves_the_http_status(service: Service, aemet: Aemet, state: Any) -> None:
    service.script = {"/x": [(500, {"estado": state, "descripcion": "?"}), (200, [1])]}
    assert aemet.fetch("/x")[1] == [1]
    service.script = {"/x": [(503, {"estado": state})]}
    with pytest.raises(AemetError):
        aemet.fetch("/x")


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """An hourly forecast of which some parts are replaced by anything."""
    body: Any = copy.deepcopy(hourly("2026-11-25", probPrecipitacion=[{"value": "40", "periodo": "0713"}]))
    for _ in range(draw(st.integers(1, 4))):
        place = body
        while draw(st.integers(0, 4)) and isinstance(place, list | dict) and place:
            key = draw(st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1))
            if not isinstance(place[key], list | dict) or not draw(st.integers(0, 3)):
                place[key] = draw(
                    st.none() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({}) | st.floats()
                )
                break
            place = place[key]
    return body


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(damaged())
def test_a_forecast_damaged_anywhere_is_records_or_a_refusal(body: Any) -> None:
    for form in (forms.hourly_forecast, forms.daily_forecast):
        try:
            records = form(body, "28079", lambda _: None)
        except SourceError:
            continue
        json.dumps(records, default=str, allow_nan=False)
