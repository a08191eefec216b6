"""What runs on the cluster: the speed layer and the night by the document's lines, and the API."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import requests

from conf import Settings
from conf.java import find
from stack.process import Service
from store.reports import read_report
from tests.cluster import document, settings
from tests.cluster.addresses import DRIVER, NIGHT
from tests.cluster.document import Chapter
from tests.cluster.settings import Passwords

PATIENCE = 900.0
"""Of a job's first start: each of YARN's nodes unpacks 2 GB."""
NIGHT_WITHIN = 1800.0


class Jobs:
    """``environment`` is that of every client of the cluster beside ``SOLERA_CONF``; ``chapter`` says how to submit."""

    def __init__(
        self, chapter: Chapter, plain: Settings, root: Path, passwords: Passwords, environment: Mapping[str, str]
    ) -> None:
        self._chapter, self._plain, self._passwords = chapter, plain, passwords
        path = environment.get("PATH", os.environ["PATH"])
        self._environment = {**environment, "PATH": f"{document.ROOT / '.venv/bin'}{os.pathsep}{path}"}
        self._report = root / "home" / "run" / "speed.json"

    def ready_once(self) -> None:
        """Make topics, tables and roles. Raises ``AssertionError`` with what was said where that fails."""
        passwords = {f"{role}_PASSWORD".upper(): value for role, value in self._passwords.roles.items()}
        administrator = settings.as_user(settings.ADMINISTRATOR, self._passwords.administrator)
        self._run(document.ready_once(), passwords | administrator)

    def pack(self) -> None:
        """Pack what is shipped. Raises ``AssertionError`` with what was said where that fails."""
        self._run(document.packing(), {})

    def speed(self) -> Service:
        """The speed layer's driver."""
        return Service(
            name="driver",
            command=("bash", "-c", document.submission(self._chapter, document.SPEED, self._plain, date.min)),
            # A report of the last life must not speak for this one.
            prepare=lambda: self._report.unlink(missing_ok=True),
            ready=lambda: self._reports(),
            environment=self._submitting("speed", DRIVER),
            patience=PATIENCE,
        )

    def api(self, conf: Settings) -> Service:
        """The API, as a plain process."""
        return Service(
            name="api",
            command=("bash", "-c", f"cd {document.ROOT}; exec python -m serving_layer.app"),
            ready=lambda: _answers(f"http://{conf.api.host}:{conf.api.port}/healthz"),
            environment=self._submitting("serving", conf.api.host),
        )

    def night(self, day: date) -> str:
        """Run the night of ``day`` to its end; what it said."""
        script = document.submission(self._chapter, document.NIGHT, self._plain, day)
        return self._run(script, self._submitting("batch", NIGHT))

    def _submitting(self, role: str, address: str) -> dict[str, str]:
        java = find(self._plain.cache)
        assert java is not None
        own = {"JAVA_HOME": str(java), "SPARK_LOCAL_IP": address, "SOLERA_CONF": str(document.ROOT / "conf/yarn.toml")}
        return self._environment | settings.as_role(role, self._passwords) | own

    def _reports(self) -> None:
        read_report(self._report, "speed")

    def _run(self, script: str, own: Mapping[str, str]) -> str:
        done = subprocess.run(
            ["bash", "-c", script],
            env={**os.environ, **self._environment, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=NIGHT_WITHIN,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout


def _answers(url: str) -> None:
    requests.get(url, timeout=5)
