"""HTTP to devices, read-only by construction: the one thing a link can do is GET a JSON object."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import requests
from urllib3.exceptions import NewConnectionError

from ingest.devices import device
from ingest.devices.device import DeviceError, NoAnswerError, NoConnectionError, TcpConnection

LONGEST_BYTES = 1 << 20
"""No device states more of itself."""


class HttpConnection(TcpConnection):
    """The way to a device that speaks HTTP."""

    transport: ClassVar[str] = "http"

    def link(self) -> HttpLink:
        """A link to the address."""
        return HttpLink(self.host, self.port)


def _reached_nobody(error: requests.RequestException) -> bool:
    why = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(why, NewConnectionError)


class HttpLink:
    """Requests to ``host:port``, one at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._lock = asyncio.Lock()
        self._session = requests.Session()
        self._session.trust_env = False  # a device on the local network is behind no proxy

    async def get(
        self, path: str, params: Mapping[str, str | int], timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """The JSON object at ``path``, waited for ``timeout_seconds``.

        Without one it is :data:`ingest.devices.device.TIMEOUT_SECONDS`. Raises :class:`DeviceError`.
        """
        wait = device.TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
        async with self._lock:
            return await asyncio.to_thread(self._get, path, params, wait)

    def _get(self, path: str, params: Mapping[str, str | int], wait: float) -> dict[str, Any]:
        try:
            content = self._content(path, params, wait)
        except (requests.ConnectionError, requests.Timeout) as error:
            if _reached_nobody(error):
                raise NoConnectionError(f"{self}: no connection; is the device on, and the address right?") from error
            raise NoAnswerError(f"{self}: no answer within {wait:g} s") from error
        except requests.RequestException as error:
            raise DeviceError(f"{self}: no answer of HTTP ({type(error).__name__})") from error
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            raise DeviceError(f"{self}: the answer is no JSON") from None
        if not isinstance(body, dict):
            raise DeviceError(f"{self}: the answer is no JSON object")
        return body

    def _content(self, path: str, params: Mapping[str, str | int], wait: float) -> bytes:
        end = time.monotonic() + wait
        url = f"http://{self.host}:{self.port}{path}"
        waits = (wait, wait)
        content = bytearray()
        with self._session.get(url, params=params, timeout=waits, stream=True, allow_redirects=False) as answer:
            if answer.status_code != requests.codes.ok:
                raise DeviceError(f"{self}: HTTP {answer.status_code} for {path}")
            for chunk in answer.iter_content(1 << 14):
                content += chunk
                if len(content) > LONGEST_BYTES:
                    raise DeviceError(f"{self}: its answer is longer than {LONGEST_BYTES >> 20} MiB")
                if time.monotonic() > end:
                    raise requests.Timeout
        return bytes(content)

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
