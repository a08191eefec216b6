"""The gateway's report of itself, ``<home>/run/gateway.json``, for /healthz and ``solera status``."""

from __future__ import annotations

import logging
import os
from typing import Any

from conf import Settings
from ingest.gateway.fleet import Fleet
from ingest.gateway.group_commit import GroupCommit
from ingest.gateway.outbox import Outbox
from ingest.gateway.polling.poller import Poller
from ingest.gateway.sender import Sender
from store.instants import rfc3339
from store.reports import write_report

log = logging.getLogger("gateway")


def write_status(settings: Settings, fleet: Fleet, outbox: Outbox, sender: Sender, commits: GroupCommit) -> None:
    """Replace the report: what was sent, what is kept, and each device's last reading and error."""
    refused, why = outbox.refused()
    report = {
        "pid": os.getpid(),
        "sent": sender.sent,
        "kept": outbox.count,
        "kept_bytes": outbox.bytes,
        "kept_since": rfc3339(oldest) if (oldest := outbox.oldest_time()) else None,
        "kafka_error": sender.error,
        "outbox_error": commits.error,
        "dropped_days": {str(dropped.day): dropped.readings for dropped in outbox.dropped_days()},
        "refused": refused,
        "refused_last": why,
        "catalogue_error": fleet.error,
        "devices": {name: _device(poller) for name, poller in sorted(fleet.pollers.items())},
        "unusable": fleet.unusable,
    }
    try:
        write_report(settings.home / "run" / "gateway.json", report)
    except OSError as error:  # a full disk must not end the polling; the old report's age tells
        log.warning("the report can't be written: %s", error.strerror)


def _ahead(poller: Poller) -> float | None:
    """Seconds that the device's clock is ahead of the gateway's."""
    if poller.device_time is None:
        return None
    shown, now = poller.device_time
    return round((shown - now).total_seconds(), 1)


def _device(poller: Poller) -> dict[str, Any]:
    return {
        "state": poller.state,
        "readings": poller.readings,
        "last_time": rfc3339(poller.last_time) if poller.last_time else None,
        "error": poller.error,
        "asleep": poller.asleep,
        "fault": poller.fault,
        "clock_ahead_s": _ahead(poller),
    }
