"""Another user of this machine: what is tried as ``nobody`` runs in a process that has given up root."""

from __future__ import annotations

import multiprocessing
import os
import pwd
from collections.abc import Callable
from typing import Any

SECONDS = 120.0


def as_nobody(attempt: Callable[..., Any], *arguments: Any) -> Any:
    """What ``attempt``, a function of a module, returns to user ``nobody``, or the error that it raises."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, attempt, arguments))
    process.start()
    theirs.close()
    try:
        assert ours.poll(SECONDS), "no answer"
        return ours.recv()
    finally:
        process.join(5)
        process.kill()


def _run(answer: Any, attempt: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    user = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    assert os.getuid() == user.pw_uid
    try:
        answer.send(attempt(*arguments))
    except Exception as error:
        answer.send(error)
