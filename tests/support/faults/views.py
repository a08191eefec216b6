"""What the platform serves: rows of the store and answers of the API, asked again while a server is away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import requests
from cassandra import OperationTimedOut
from cassandra.cluster import NoHostAvailable

from conf import Settings
from serving_layer.access.token import token_of
from store import cassandra

ANSWERS_WITHIN = 30
"""Seconds in which the store's node, once it lives, has to answer."""


class Views:
    """The views of one platform, and the homes whose readings are looked for in them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session = cassandra.connect(settings)

    def register(self, homes: Sequence[str]) -> None:
        """Homes of the catalogue whose readings come without a gateway."""
        for home in homes:
            self.install(home)

    def install(self, name: str) -> None:
        """An installation of the catalogue."""
        self.session.execute(
            "INSERT INTO installation (installation_id, name, kind, time_zone) VALUES (%s, %s, 'home', 'UTC')",
            (name, name),
        )

    def asked(self, path: str) -> Any:
        """The API's answer to ``GET path``; None where it has none."""
        url = f"http://{self.settings.api.host}:{self.settings.api.port}{path}"
        try:
            answer = requests.get(url, headers={"Authorization": f"Bearer {token_of(self.settings)}"}, timeout=10)
        except requests.RequestException:
            return None
        return answer.json() if answer.status_code in (200, 503) else None

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        """The store's answer; a connection to a killed node is found dead once, and then made again."""
        for _ in range(ANSWERS_WITHIN):
            with suppress(NoHostAvailable, OperationTimedOut):
                return list(self.session.execute(query, parameters))
            time.sleep(1)
        return list(self.session.execute(query, parameters))

    def close(self) -> None:
        """Let go of the store."""
        self.session.cluster.shutdown()


def inverter(installation: str) -> str:
    """The device of an installation."""
    return f"{installation}-inverter"
