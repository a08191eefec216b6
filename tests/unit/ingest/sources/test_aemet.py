"""The AEMET client against a local server that answers in AEMET's form, errors included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingest.sources.aemet.client import Aemet, AemetError, AwayError, KeyRefusedError, NoDataError, Quota

LIMIT = "Límite de peticiones o caudal por minuto excedido para este usuario. Espere al siguiente minuto."


class Service(ThreadingHTTPServer):
    """Answers scripted for each path, in order; the last one repeats."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: dict[str, list[tuple[int, Any]]] = {}
        self.asked: list[tuple[str, str | None]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("api_key")))
        script = self.server.script[self.path]
        status, body = script.pop(0) if len(script) > 1 else script[0]
        if status == 0:  # a dropped connection
            self.connection.close()
            return
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("iso-8859-15")
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def aemet(service: Service, waits: list[float]) -> Aemet:
    return Aemet(key="k", base=service.base, quota=Quota(per_minute=10_000), sleep=waits.append)


def envelope(service: Service, path: str = "/sh/1") -> dict[str, Any]:
    return {"descripcion": "exito", "estado": 200, "datos": service.base + path, "metadatos": "-"}


def test_two_steps_in_latin_nine(service: Service, aemet: Aemet) -> None:
    service.script = {"/x": [(200, envelope(service))], "/sh/1": [(200, [{"nombre": "A CORUÑA €"}])]}
    raw, body = aemet.fetch("/x")
    assert body == [{"nombre": "A CORUÑA €"}]
    assert raw.decode("iso-8859-15").endswith('€"}]')
    assert service.asked[0] == ("/x", "k")


def test_some_answers_come_directly(service: Service, aemet: Aemet) -> None:
    service.script = {"/x": [(200, [{"id": "id28065"}])]}
    assert aemet.fetch("/x")[1] == [{"id": "id28065"}]


def test_an_error_inside_a_good_answer_is_an_error(service: Service, aemet: Aemet) -> None:
    service.script = {
        "/x": [(200, {"descripcion": "El rango de fechas no puede ser superior a 6 meses", "estado": 404})]
    }
    with pytest.raises(NoDataError, match="6 meses"):
        aemet.fetch("/x")


def test_after_429_the_next_minute_is_awaited(service: Service, aemet: Aemet, waits: list[float]) -> None:
    limit = (429, {"descripcion": LIMIT, "estado": 429})
    service.script = {"/x": [limit, (200, envelope(service))], "/sh/1": [limit, (200, [1])]}
    assert aemet.fetch("/x")[1] == [1]
    assert len(waits) == 2
    assert all(wait > 60 for wait in waits)


def test_routine_failures_are_tried_again(service: Service, aemet: Aemet, waits: list[float]) -> None:
    service.script = {"/x": [(500, b"oops"), (0, b""), (200, b"<html>"), (200, [1])]}
    assert aemet.fetch("/x")[1] == [1]
    assert len(waits) == 3


def test_the_last_failure_is_said(service: Service, aemet: Aemet) -> None:
    service.script = {"/x": [(503, {"descripcion": "Servicio no disponible", "estado": 503})]}
    with pytest.raises(AemetError, match="5 tries, the last: 503 Servicio no disponible"):
        aemet.fetch("/x")


def test_one_who_answers_nothing_three_times_in_a_row_is_away(service: Service, aemet: Aemet) -> None:
    away = (503, {"descripcion": "Servicio no disponible", "estado": 503})
    for _ in range(2):
        service.script = {"/x": [away]}
        with pytest.raises(AemetError, match="5 tries"):
            aemet.fetch("/x")
        service.script = {"/x": [(200, [1])]}  # an answer between, and the count begins again
        aemet.fetch("/x")
    service.script = {"/x": [away]}
    for words in ("5 tries", "5 tries", "none of 3 questions in a row, at last: 503 Servicio"):
        with pytest.raises(AemetError, match=words) as raised:
            aemet.fetch("/x")
    assert isinstance(raised.value, AwayError)


def test_a_refused_key_is_named(service: Service, aemet: Aemet) -> None:
    service.script = {"/x": [(401, {"descripcion": "API key invalido", "estado": 401})]}
    with pytest.raises(KeyRefusedError, match="AEMET_API_KEY"):
        aemet.fetch("/x")
    with pytest.raises(KeyRefusedError, match="get one at"):
        Aemet(key="").fetch("/x")


def test_no_minute_has_more_requests_than_the_quota() -> None:
    now, sent = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    quota = Quota(per_minute=30, clock=lambda: now[0], sleep=sleep)
    for number in range(90):
        now[0] += number % 3
        quota.take()
        sent.append(now[0])
    assert all(later - sooner >= 60.0 for sooner, later in zip(sent, sent[30:], strict=False))
    assert now[0] < 190.0
