"""Asking the sources of prices again: over HTTP from a local server that answers as they do, errors included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from conf import load_settings
from ingest.sources import esios, omie, prices, web
from ingest.sources.esios import EsiosError
from ingest.sources.prices import is_whole, questions
from tests.support.doors.price_days import fetch_days

DAY = date(2025, 10, 26)
"""Clocks go back: 25 hours, 100 quarter-hours."""
START = datetime(2025, 10, 25, 22, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


class Sources(ThreadingHTTPServer):
    """Answers by (path, what tells the question apart)."""

    answers: dict[tuple[str, str], tuple[int, bytes]]
    asked: list[tuple[str, dict[str, str]]]


class _Handler(BaseHTTPRequestHandler):
    server: Sources

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((parts.path, dict(self.headers)))
        asked_for = query.get("filename") or query.get("date") or query.get("start_date", "")
        status, body = self.server.answers.get((parts.path, asked_for), (404, b""))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    server = Sources(("127.0.0.1", 0), _Handler)
    server.answers, server.asked = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    for name in ("OMIE__BASE", "ESIOS__BASE", "ESIOS__APIDATOS"):
        monkeypatch.setenv(f"SOLERA_{name}", base)
    monkeypatch.setattr(prices, "PAUSE_S", 0.0)
    monkeypatch.setattr(web, "RETRIES", web.RETRIES.new(backoff_factor=0))
    yield server
    server.shutdown()
    server.server_close()


def asked(source: str) -> list[dict[str, Any]]:
    """What one question for the day answers, or raises."""
    (question,) = questions(load_settings(), source, [DAY])
    return question.fetch(lambda _: None)


def marginal(price: float, count: int = 100) -> bytes:
    rows = [f"{DAY:%Y;%m;%d};{n};{price};{price};" for n in range(1, count + 1)]
    return "\n".join(["MARGINALPDBC;", *rows, "*"]).encode()


def test_the_highest_version_of_a_day_counts(sources: Sources) -> None:
    sources.answers[(omie.DOWNLOAD, "marginalpdbc_20251026.1")] = (200, marginal(1.0))
    sources.answers[(omie.DOWNLOAD, "marginalpdbc_20251026.2")] = (200, marginal(-2.5))
    ((day, records),) = fetch_days("omie", [DAY])
    spain = [r for r in records if r["zone"] == "ES"]
    assert (day, len(spain)) == (DAY, 100)
    assert {r["price_eur_mwh"] for r in spain} == {-2.5}
    assert (spain[0]["start"], spain[-1]["end"]) == (START, START + 25 * HOUR)


@pytest.mark.parametrize("answer", [(404, b""), (200, b""), (200, b"<html>no such file</html>")])
def test_a_day_that_omie_has_not_published_has_no_records(sources: Sources, answer: tuple[int, bytes]) -> None:
    sources.answers[(omie.DOWNLOAD, "marginalpdbc_20251026.1")] = answer
    assert list(fetch_days("omie", [DAY])) == [(DAY, [])]


@pytest.mark.parametrize("source", ["omie", "pvpc", "apidatos"])
def test_a_source_that_fails_does_not_pass_for_a_day_not_published(sources: Sources, source: str) -> None:
    for path, asked_for in (
        (omie.DOWNLOAD, "marginalpdbc_20251026.1"),
        ("/archives/70/download_json", "2025-10-26"),
        (esios.APIDATOS, "2025-10-26T00:00"),
    ):
        sources.answers[(path, asked_for)] = (503, b"<html>down</html>")
    with pytest.raises(requests.HTTPError):
        asked(source)


def test_the_pvpc_file_of_a_long_day_and_one_that_is_not_there(sources: Sources) -> None:
    rows = [{"Dia": "26/10/2025", "Hora": f"{h:02d}-{h + 1:02d}", "PCB": "-1,50", "CYM": "2,00"} for h in range(25)]
    path = "/archives/70/download_json"
    sources.answers[(path, "2025-10-26")] = (200, json.dumps({"PVPC": rows}).encode())
    sources.answers[(path, "2025-10-27")] = (200, b'{"message": "No values for specified archive"}')
    found = dict(fetch_days("pvpc", [DAY, DAY + timedelta(days=1)]))
    peninsula = [r for r in found[DAY] if r["zone"] == "ES-peninsula"]
    assert is_whole({(r["start"], r["end"]) for r in peninsula}, START, START + 25 * HOUR)
    assert peninsula[0]["price_eur_mwh"] == -1.5
    assert found[DAY + timedelta(days=1)] == []


def test_a_file_of_the_old_tariffs_is_refused_by_name(sources: Sources) -> None:
    rows = [{"Dia": "26/10/2020", "Hora": "00-01", "GEN": "100,00", "NOC": "50,00", "VHC": "60,00"}]
    sources.answers[("/archives/70/download_json", "2025-10-26")] = (200, json.dumps({"PVPC": rows}).encode())
    with pytest.raises(EsiosError, match="2021-06-01"):
        asked("pvpc")


def test_apidatos_says_its_refusals_and_gives_both_markets(sources: Sources) -> None:
    refusal = {"errors": [{"status": "400", "detail": "no data for that range"}]}
    sources.answers[(esios.APIDATOS, "2025-10-26T00:00")] = (400, json.dumps(refusal).encode())
    with pytest.raises(EsiosError, match="no data for that range"):
        asked("apidatos")
    values = [{"value": 1.0, "datetime": (START + n * HOUR).isoformat()} for n in range(25)]
    series = [{"type": "?", "id": number, "attributes": {"values": values}} for number in ("1001", "600")]
    sources.answers[(esios.APIDATOS, "2025-10-26T00:00")] = (200, json.dumps({"included": series}).encode())
    ((_, records),) = fetch_days("apidatos", [DAY])
    assert {(r["market"], r["zone"]) for r in records} == {("pvpc", "ES-peninsula"), ("spot", "ES")}
    assert len(records) == 50


def test_esios_needs_its_token_and_names_it(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESIOS_TOKEN", raising=False)
    with pytest.raises(EsiosError, match="ESIOS_TOKEN"):
        list(fetch_days("esios", [DAY]))
    monkeypatch.setenv("ESIOS_TOKEN", "of-the-test")
    for number, geo in ((1001, 8741), (1739, 3)):
        rows = [{"geo_id": geo, "datetime": "2025-10-26T00:00:00.000+02:00", "value": number}]
        body = json.dumps({"indicator": {"id": number, "values": rows}}).encode()
        sources.answers[(f"/indicators/{number}", "2025-10-26T00:00")] = (200, body)
    ((_, records),) = fetch_days("esios", [DAY])
    assert [(r["market"], r["zone"]) for r in records] == [("pvpc", "ES-peninsula"), ("surplus", "ES")]
    assert {headers["x-api-key"] for _, headers in sources.asked} == {"of-the-test"}


def test_a_day_is_held_only_when_no_instant_of_it_lacks_a_price() -> None:
    hours = {(START + n * HOUR, START + (n + 1) * HOUR) for n in range(25)}
    assert is_whole(hours, START, START + 25 * HOUR)
    assert not is_whole(hours - {(START + 3 * HOUR, START + 4 * HOUR)}, START, START + 25 * HOUR)
    assert not is_whole(set(), START, START + 25 * HOUR)
