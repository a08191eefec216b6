"""A service started as the stack starts it, without the stack's watch over it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from conf import Settings
from stack.process import Place, leader, spawn, stop
from stack.services import services

GRACE_SECONDS = 30


def start(settings: Settings, name: str) -> psutil.Process:
    """The process of service ``name`` of ``settings``, once it is ready."""
    service, place = services(settings)[name], Place(settings.home)
    service.prepare()
    process = spawn(place, service)
    end = time.monotonic() + service.patience
    while True:
        try:
            service.ready()
            return process
        except Exception:
            assert leader(place, name) is not None, f"{name} ended; its log is {place.log(name)}"
            assert time.monotonic() < end, f"{name} was not ready within {service.patience:.0f} s"
            time.sleep(0.2)


@contextmanager
def started(settings: Settings, name: str) -> Iterator[psutil.Process]:
    """The same, stopped at the end."""
    process = start(settings, name)
    try:
        yield process
    finally:
        stop(Place(settings.home), name, GRACE_SECONDS)
