"""docker compose as a person calls it, on a project of its own; what is done is printed line by line."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = "solera-rehearsal"
"""Beside a stack that its owner runs, whose volumes and secrets stay as they are; the ports are the same."""
UP_SECONDS = 1500.0
"""Within which everything has started on a busy machine of two cores."""
HEALTHY_SECONDS = 420.0
STEP_SECONDS = 2.0


class NotShown(Exception):
    """What was to be shown did not happen; the text says what did."""


def say(text: str) -> None:
    """One line of what was shown, with the time (UTC)."""
    print(f"{datetime.now(timezone.utc):%H:%M:%S}  {text}", flush=True)


def expect(is_so: bool, what: str) -> None:
    """Print ``what`` where it is so. Raises :class:`NotShown`."""
    if not is_so:
        raise NotShown(f"not so: {what}")
    say(what)


def wait_for(what: str, seconds: float, is_so: Callable[[], bool]) -> float:
    """Wait until it is so; the seconds it took. Raises :class:`NotShown` after ``seconds``."""
    began = time.monotonic()
    doubt: object = "no"
    while time.monotonic() - began < seconds:
        try:
            if is_so():
                return time.monotonic() - began
        except Exception as error:  # it does not answer yet, in whatever way its client says that
            doubt = error
        time.sleep(STEP_SECONDS)
    raise NotShown(f"{what}: not within {seconds:.0f} s ({doubt})")


def docker(*arguments: str, text: str | None = None, seconds: float = 600) -> str:
    """What a command of docker prints. Raises :class:`NotShown`."""
    return _run(["docker", *arguments], dict(os.environ), text, seconds)


def _run(command: Sequence[str], environment: dict[str, str], text: str | None, seconds: float) -> str:
    # Its words of progress go to the terminal.
    done = subprocess.run(
        command, input=text, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        raise NotShown(f"{shlex.join(command)[:200]} ended with exit code {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


class Compose:
    """The project; ``environment`` names the base images."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.secrets = folder / "secrets"
        self._command = [
            *shlex.split(os.environ.get("COMPOSE", "docker compose")),
            "--progress",
            "quiet",
            "--project-name",
            PROJECT,
        ]
        self._environment = {**os.environ, **environment, "SECRETS": str(self.secrets)}

    def call(self, *arguments: str, text: str | None = None, seconds: float = UP_SECONDS) -> str:
        """What a command of docker compose prints. Raises :class:`NotShown`."""
        return _run([*self._command, *arguments], self._environment, text, seconds)

    def name_image(self, argument: str, image: str) -> None:
        """Build on ``image`` where the Dockerfile's ``argument`` stands."""
        self._environment[argument] = image

    def make_secrets(self) -> None:
        """Make the secrets by the documented line."""
        _run([str(ROOT / "conf/docker/secrets.sh")], self._environment, None, 60)

    def secret(self, name: str) -> str:
        """A secret, as whoever runs the stack reads it."""
        return (self.secrets / name).read_text(encoding="utf-8").strip()

    def run(self, service: str, *command: str, text: str | None = None, seconds: float = 600) -> str:
        """Run a command in the container of ``service``. Raises :class:`NotShown`."""
        return self.call("exec", "-T", service, *command, text=text, seconds=seconds)

    def services(self) -> list[str]:
        """Every service that is started, by name."""
        return sorted(self.call("config", "--services").split())

    def container(self, service: str) -> str:
        """The id of the service's container."""
        return self.call("ps", "--all", "--quiet", service).strip()

    def state(self, service: str) -> tuple[str, str]:
        """Health of the service's container, and since when it runs."""
        state = json.loads(docker("inspect", self.container(service)))[0]["State"]
        return state["Health"]["Status"] if state["Running"] else state["Status"], state["StartedAt"]

    def await_health(self, *services: str, seconds: float = HEALTHY_SECONDS) -> float:
        """Wait until all are healthy; the seconds it took. Raises :class:`NotShown`."""
        try:
            return wait_for(
                f"{', '.join(services)} healthy",
                seconds,
                lambda: all(self.state(each)[0] == "healthy" for each in services),
            )
        except NotShown:
            for each in services:
                if self.state(each)[0] != "healthy":
                    say(f"last words of {each}:\n{self.call('logs', '--tail', '40', each)}")
            raise

    def await_restart(self, service: str, since: str, seconds: float = HEALTHY_SECONDS) -> float:
        """Wait until the service runs since another time than ``since``, healthy; the seconds it took."""
        took = wait_for(f"{service} started again", seconds, lambda: self.state(service)[1] != since)
        return took + self.await_health(service, seconds=seconds)
