"""One lock file in HDFS: who holds it, since when, and that the holder still lives.

The holder renews the file's time while it works. A lock is stale when its holder's process is gone from this machine,
or when it was not renewed for :data:`STALE`; then whoever comes next takes it over.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

import psutil
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from conf.refusal import Refusal
from store import hdfs

RENEWED_SECONDS = 20.0
STALE = timedelta(minutes=5)
"""Fifteen renewals: no pause of a machine that is merely busy lasts so long."""
log = logging.getLogger(__name__)


class Locked(Refusal):
    """Somebody else holds the lock; the text says who, since when, and what to do."""


@dataclass(frozen=True)
class Holder:
    """The holder of a lock. ``since`` is UTC."""

    host: str
    pid: int
    since: datetime
    token: str
    """The token of this one taking of the lock."""

    def has_ended(self, now: datetime, renewed: datetime, host: str) -> bool:
        """Whether the lock that was last ``renewed`` (UTC) is stale ``now`` (UTC), as a process of ``host`` sees it."""
        if abs(now - renewed) > STALE:  # far ahead: renewed under a clock that has been set back since
            return True
        return self.host == host and not psutil.pid_exists(self.pid)


@contextmanager
def held(spark: SparkSession, uri: str, work: str) -> Iterator[None]:
    """Hold the lock file ``uri`` meanwhile; ``work`` names what it guards, for whoever finds it taken.

    Raises :class:`Locked`.
    """
    mine = Holder(socket.gethostname(), os.getpid(), datetime.now(timezone.utc), uuid.uuid4().hex)
    _take(spark, uri, work, mine)
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(spark, uri, done), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        if _holder(spark, uri) == mine:
            hdfs.delete(spark, uri)


def _take(spark: SparkSession, uri: str, work: str, mine: Holder) -> None:
    text = json.dumps({**asdict(mine), "since": mine.since.isoformat()})
    while not hdfs.create_text(spark, uri, text):
        theirs, renewed = _holder(spark, uri), hdfs.modified(spark, uri)
        if theirs is None or renewed is None:  # it has just been released
            continue
        if not theirs.has_ended(datetime.now(timezone.utc), renewed, mine.host):
            raise Locked(
                f"{work} is under way already: process {theirs.pid} on {theirs.host}, since "
                f"{theirs.since:%Y-%m-%dT%H:%M:%SZ}. Wait until it ends; should its machine be gone, its lock lapses "
                f"after {STALE.seconds // 60} minutes."
            )
        _set_aside(spark, uri, f"{uri}.{mine.token}", theirs)


def _set_aside(spark: SparkSession, uri: str, aside: str, stale: Holder) -> None:
    """Remove the lock of ``stale``; of several who find it stale, one moves it away."""
    if hdfs.move(spark, uri, aside):
        if _holder(spark, aside) != stale:  # the one before has removed the stale one and taken the lock
            hdfs.move(spark, aside, uri)
        hdfs.delete(spark, aside)


def _renew(spark: SparkSession, uri: str, done: threading.Event) -> None:
    while not done.wait(RENEWED_SECONDS):
        try:
            hdfs.touch(spark, uri, datetime.now(timezone.utc))
        except Py4JError as error:  # the work itself says what ails HDFS
            log.warning("the lock %s was not renewed: %s", uri, error)


def _holder(spark: SparkSession, uri: str) -> Holder | None:
    if not hdfs.exists(spark, uri):
        return None
    fields = json.loads(hdfs.read_text(spark, uri))
    return Holder(**{**fields, "since": datetime.fromisoformat(fields["since"])})
