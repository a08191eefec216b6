"""The page of data quality: what runs, the ledger of messages, the quarantine, sources and nights."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from fastapi import Request, Response

from energy.topics import TOPICS
from serving_layer.access import door
from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.reader import Reader
from serving_layer.views import catalogue, ledger, merged, state
from serving_layer.web import answer
from serving_layer.web.words import language
from serving_layer.web.zones import zone_of

router = answer.router()
DAYS, MESSAGES, NIGHTS = 7, 50, 14
LEDGER_SECONDS = 30.0
SOURCES_SECONDS = 30.0
HEAD = 160
"""Characters of a refused message that are shown."""


@router.get("/quality", dependencies=[Turn])
def quality(request: Request, reader: ReaderOf, who: answer.Visitor) -> Response:
    """The page."""
    words, now = language.of_request(request), datetime.now(timezone.utc)
    door.sees_all(who)
    door.note_all(reader, who, "quality")
    known = catalogue.installations(reader)
    days = [now.date() - timedelta(days=n) for n in range(DAYS)]
    content = {
        "title": words.pages["quality"],
        "findings": request.app.state.watch.findings(),
        "ledger": reader.kept("ledger totals", LEDGER_SECONDS, lambda: ledger.totals(reader)),
        "refused": [_shown(each) for each in ledger.quarantined(reader, list(TOPICS), days, MESSAGES)],
        "sources": reader.kept("ages of sources", SOURCES_SECONDS, lambda: _sources(reader, known, now)),
        "runs": merged.all_runs(reader)[:NIGHTS],
        "zone": zone_of(known[0]) if known else timezone.utc,
        "fresh": state.freshness,
    }
    return answer.page(request, "quality.html", content)


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    text = str(message.get("payload") or message.get("payload_base64") or "")
    return message | {"head": text[:HEAD] + ("…" if len(text) > HEAD else "")}


def _sources(reader: Reader, known: list[dict[str, Any]], now: datetime) -> list[tuple[str, int, float]]:
    """Sources of readings: the number of devices that each tells of, and the age in s of its newest reading."""
    ages: dict[str, list[float]] = {}
    for device in state.devices(reader, [str(each["installation_id"]) for each in known], now):
        ages.setdefault(str(device.get("source") or ""), []).append(device["age_s"])
    return [(source, len(each), min(each)) for source, each in sorted(ages.items(), key=lambda each: -min(each[1]))]
