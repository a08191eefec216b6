"""The state of the webhooks for ``/healthz`` and ``/metrics``, without whose they are and where they lead."""

from __future__ import annotations

from pathlib import Path

from serving_layer.health import Remark
from serving_layer.webhooks.backlog import read


def check(folder: Path) -> Remark:
    """The number of webhooks and what waits. A receiver that is away breaks nothing here."""
    known = [found for path in sorted(folder.glob("*.json")) if (found := read(path)) is not None]
    waiting = sum(len(each.waiting) for each in known)
    failing = sum(bool(each.error) for each in known)
    given_up = sum(each.given_up for each in known)
    measured = {"webhook_deliveries_waiting": waiting, "webhook_deliveries_given_up": given_up}
    said = f"{len(known)} webhook(s)"
    said += f", {failing} of which fail: `solera webhook list`" if failing else ""
    said += f", {waiting} deliveries wait" if waiting else ""
    return Remark(said, measured)
