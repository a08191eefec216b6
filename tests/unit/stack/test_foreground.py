"""A service in the foreground, as a container runs it: asked while it lives, ended where it hangs."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import foreground
from stack.process import Service

SLEEP = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The handlers that a run sets are the test process's own again afterwards."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


class Asked:
    """What a service answers: nothing before the ``first``-th question, nothing after the ``last``-th."""

    def __init__(self, first: int = 1, last: int = 10**9) -> None:
        self.first, self.last, self.times = first, last, 0

    def __call__(self) -> None:
        self.times += 1
        if not self.first <= self.times <= self.last:
            raise ConnectionError(f"no answer to question {self.times}")


def service(code: str, ready: Asked, **more: object) -> Service:
    return Service("sleeper", (sys.executable, "-c", code), ready=ready, **more)  # type: ignore[arg-type]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreground, "ASK_SECONDS", 0.05)
    monkeypatch.setattr(foreground, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(foreground, "STARTED_SECONDS", 5.0)


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_services(tmp_path: Path, code: int) -> None:
    assert foreground.run(service(f"raise SystemExit({code})", Asked()), tmp_path / "answered") == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_stops_the_container_stops_the_service(tmp_path: Path, number: signal.Signals) -> None:
    answered = tmp_path / "answered"
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); " + SLEEP

    def stop() -> None:
        while not answered.exists():
            time.sleep(0.05)
        time.sleep(0.5)  # Python has set its own handlers by then
        signal.raise_signal(number)

    threading.Thread(target=stop, daemon=True).start()
    assert foreground.run(service(code, Asked()), answered) == -number


def test_an_answer_of_the_last_life_does_not_speak_for_this_one(tmp_path: Path) -> None:
    answered = tmp_path / "answered"
    answered.touch()
    assert foreground.run(service("pass", Asked(first=100)), answered) == 0
    assert not answered.exists()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("asked", "has_answered"),
    [(Asked(first=10**9), False), (Asked(last=1), True), (Asked(last=5), True)],
    ids=["never served", "served once", "served for a while"],
)
def test_what_gives_no_answer_is_ended(tmp_path: Path, asked: Asked, has_answered: bool) -> None:
    answered, began = tmp_path / "answered", time.monotonic()
    assert foreground.run(service(SLEEP, asked), answered) == -signal.SIGKILL
    assert time.monotonic() - began < 20
    assert answered.exists() == has_answered


@pytest.mark.usefixtures("quick")
def test_what_answers_lives_on_and_a_failed_question_between_answers_harms_nothing(tmp_path: Path) -> None:
    class EverySecond(Asked):
        def __call__(self) -> None:
            self.times += 1
            if self.times % 2 == 0:
                raise ConnectionError("busy")

    asked = EverySecond()
    assert foreground.run(service("import time; time.sleep(3)", asked), tmp_path / "answered") == 0
    assert asked.times > 5


@pytest.mark.usefixtures("quick")
def test_what_is_much_to_do_is_done_once(tmp_path: Path) -> None:
    ready, answers = Asked(), Asked()
    foreground.run(service("import time; time.sleep(2)", ready, answers=answers), tmp_path / "answered")
    assert ready.times == 1
    assert answers.times > 2


def test_a_service_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert foreground.main(["kafak"]) == 2
    assert "kafka" in capsys.readouterr().err
