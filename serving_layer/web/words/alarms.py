"""The name of an alarm and its sentence: of its kind, its row and its figures, in the language of who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from serving_layer.web.words.words import Words
from store.history.alarms import DRIFT, NO_FILE, NOW, SILENT, SILENT_TODAY, THEN, YEAR


def wording(alarm: Mapping[str, Any], zone: ZoneInfo, words: Words) -> tuple[str, str]:
    """The name and the sentence of a row of :func:`serving_layer.views.alarms.with_figures`, its times in ``zone``.

    One whose kind is not known, or whose figures were not kept, has the sentence of the layer that raised it.
    """
    kind = str(alarm["kind"])
    filled = _filled(alarm, zone, words)
    own = str(alarm["text"] or "")
    return words.alarms.get(kind, kind), own if filled is None else words.alarm_sentences[kind].format(**filled)


def _filled(alarm: Mapping[str, Any], zone: ZoneInfo, words: Words) -> dict[str, str] | None:
    kind, raised = str(alarm["kind"]), alarm["raised_at"]
    if kind == SILENT:
        return {"day": words.dated((raised - timedelta(days=1)).date(), words.pages["pattern_date"])}
    if kind == SILENT_TODAY:
        return {"moment": words.moment(raised, zone)}
    figures = alarm.get("figures") or {}
    if kind == NO_FILE and YEAR in figures:
        return {YEAR: str(round(figures[YEAR]))}
    if kind.endswith(DRIFT) and kind in words.alarm_sentences and {NOW, THEN} <= figures.keys():
        return {name: words.number(figures[name], 2) for name in (NOW, THEN)}
    return None
