"""The push server on a free port, without a broker: what it has kept can be looked at."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import uvicorn

from conf import load_settings
from ingest.gateway.outbox import Outbox
from ingest.publishing.message import Message
from ingest.push.http import create_app
from ingest.push.intake import Intake
from ingest.push.rules import Routing, rules_of
from ingest.push.tokens import Tokens, admit, tokens_file
from store.web.connections import server_options

NO_TLS: Mapping[str, Any] = {}


@dataclass
class PushServer:
    """One that runs."""

    home: Path
    port: int
    token: str
    outbox: Outbox
    intake: Intake
    routing: Routing

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, batch: Sequence[Any], token: str = "") -> requests.Response:
        return self.post_bytes(json.dumps(batch).encode(), token)

    def post_bytes(self, body: bytes, token: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        return requests.post(f"{self.address}/v1/readings", data=body, headers=headers, timeout=20)

    def taken(self) -> list[Message]:
        """What it has kept since the last time."""
        kept = self.outbox.oldest(1_000_000)
        self.outbox.delete(kept)
        return [each.message for each in kept]


@contextmanager
def push_server(
    home: Path,
    installations: Sequence[str],
    megabytes: int = 10,
    per_second: float = 1e6,
    tls: Mapping[str, Any] = NO_TLS,
) -> Iterator[PushServer]:
    """It at work, with a token that speaks for ``installations``."""
    settings = load_settings(home=home)
    outbox = Outbox(home / "push" / "outbox.sqlite", megabytes)
    routing = Routing(rules_of(settings), "emoncms")
    intake = Intake(outbox, per_second, lambda: None)
    token = admit(tokens_file(settings), installations)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(create_app(intake, Tokens(settings), routing), **{**server_options(), **tls})
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield PushServer(home, listener.getsockname()[1], token, outbox, intake, routing)
        server.should_exit = True
        thread.join(20)
    outbox.close()
