"""AEMET OpenData on this machine: its two steps, its encoding and its errors, around answers that are genuine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMIT = "Límite de peticiones o caudal por minuto excedido para este usuario. Espere al siguiente minuto."
ENCODING = "iso-8859-15"


class Service(ThreadingHTTPServer):
    """``answers`` by path; ``faults`` come first, each once: a status, or 0 for a dropped connection."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Any] = {}
        self.faults: list[int] = []
        self.away = False
        self.keys: set[str | None] = set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/opendata/api"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.keys.add(self.headers.get("api_key"))
        path = self.path.removeprefix("/opendata")
        if self.server.away:
            self._answer(503, {"descripcion": "Servicio no disponible", "estado": 503})
        elif self.server.faults:
            self._fail(self.server.faults.pop(0))
        elif path.startswith("/sh/"):
            self._answer(200, self.server.answers[path.removeprefix("/sh")])
        elif (asked := path.removeprefix("/api")) in self.server.answers:
            datos = self.server.base.removesuffix("/api") + "/sh" + asked
            self._answer(200, {"descripcion": "exito", "estado": 200, "datos": datos, "metadatos": datos})
        else:
            self._answer(200, {"descripcion": "No hay datos que satisfagan esos criterios", "estado": 404})

    def _fail(self, status: int) -> None:
        if status == 0:
            self.connection.close()
        else:
            self._answer(status, {"descripcion": LIMIT if status == 429 else "Error", "estado": status})

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body, ensure_ascii=False).encode(ENCODING, errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", f"text/plain;charset={ENCODING.upper()}")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Remaining-request-count", "42")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def aemet_service() -> Iterator[Service]:
    """The service at work."""
    with Service() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
