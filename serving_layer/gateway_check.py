"""The check of the gateway: its report of itself, and in words how many of its devices give no reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from serving_layer.health import Broken, Remark
from store.instants import instant_of
from store.reports import read_report


def check(path: Path) -> Remark:
    """The report at ``path``. Raises :class:`serving_layer.health.Broken` where nothing is sent, kept or polled."""
    report = read_report(path, "the gateway")
    measured = {"outbox_readings": report.get("kept", 0), "outbox_bytes": report.get("kept_bytes", 0)}
    if since := report.get("kept_since"):
        measured["outbox_oldest_seconds"] = (datetime.now(timezone.utc) - instant_of(since)).total_seconds()
    wrong = [str(report[name]) for name in ("kafka_error", "outbox_error", "catalogue_error") if report.get(name)]
    unsent = _unsent(report)
    if wrong:
        raise Broken(f"{'; '.join(wrong)}; {measured['outbox_readings']} readings kept on disk" + unsent, measured)
    return Remark(_devices(report.get("devices", {})) + unsent, measured)


def _devices(devices: Mapping[str, Mapping[str, object]]) -> str:
    named = " (named in run/gateway.json)"
    counts = {
        f"silent{named}": sum(1 for its in devices.values() if its.get("error")),
        "asleep": sum(1 for its in devices.values() if its.get("state") == "asleep"),
        f"with a fault{named}": sum(
            1 for its in devices.values() if its.get("fault") and not its.get("error") and its.get("state") != "asleep"
        ),
    }
    said = "".join(f", {count} {what}" for what, count in counts.items() if count)
    return f"{len(devices)} device(s){said}"


def _unsent(report: Mapping[str, Any]) -> str:
    """Readings that the gateway kept and never sent, in words that follow others."""
    days: Mapping[str, int] = report.get("dropped_days", {})
    said = ""
    if days:
        said += f"; the outbox was full: {sum(days.values())} readings of {len(days)} day(s) dropped, to {max(days)}"
    if refused := report.get("refused"):
        said += f"; {refused} readings refused and set aside, the last: {report.get('refused_last')}"
    return said
