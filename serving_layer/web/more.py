"""Below an installation's energy: its euros, alarms and gaps, the record of its forecasts, and its devices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from fastapi import Request, Response

from serving_layer.api.parameters import ReaderOf, Turn
from serving_layer.reader import Reader
from serving_layer.views import alarms, catalogue, forecast, gaps, merged, state
from serving_layer.views.parts import parts
from serving_layer.web import answer, live, money
from serving_layer.web.installation import View, Viewed
from serving_layer.web.periods.drawn import FORECAST_OF
from serving_layer.web.words import language
from serving_layer.web.words.alarms import wording
from serving_layer.web.words.words import NOTHING, Words
from store.runs import Published

router = answer.router()
GAPS_SHOWN = 12
MEMBERS_LOOKED_AT = 100
"""Gaps of a larger community are asked of its members."""
WAYS = {
    "meter": ("import_power_w", "taking", "export_power_w", "giving"),
    "battery": ("charge_power_w", "charging", "discharge_power_w", "discharging"),
}
"""Fields of devices through which power goes both ways, and what to call the ways."""


@router.get("/installation/more", dependencies=[Turn])
def more(request: Request, reader: ReaderOf, of: Viewed) -> Response:
    """The part of the page that comes after the rest."""
    words, name = language.of_request(request), str(of.row["installation_id"])
    seen = merged.seen(reader)
    euros, no_euros = money.take(reader, name, of.today, words)
    members = state.members(of.row, catalogue.installations(reader))
    missing = _gaps(reader, of, seen)
    content = {
        "euros": euros,
        "no_euros": no_euros,
        "alarms": _alarms(reader, members, of, words),
        "gaps": missing[:GAPS_SHOWN],
        "more_gaps": len(missing) - GAPS_SHOWN,
        "records": _records(reader, name, seen, words),
        "devices": _devices(live.take(reader, of.row, of.now), words),
        "of": of,
    }
    return answer.page(request, "more.html", content)


def _alarms(reader: Reader, members: list[str], of: View, words: Words) -> list[dict[str, Any]]:
    about = {*members, str(of.row["installation_id"])}
    return [
        each
        | {"age": words.age((of.now - each["raised_at"]).total_seconds()), "wording": wording(each, of.zone, words)}
        for each in alarms.with_figures(reader, about)
    ]


def _gaps(reader: Reader, of: View, seen: Published) -> list[gaps.Line]:
    """Gaps of the days that are shown, at most of their last month."""
    span = of.period.span(of.zone)
    span = span._replace(start=max(span.start, span.end - timedelta(days=31)))
    members = parts(of.row, catalogue.installations(reader), span)
    lines = gaps.ledger(reader, dict(islice(members.items(), MEMBERS_LOOKED_AT)), span, seen, of.now)
    return sorted(gaps.of_states(lines, ()), key=lambda line: line.start, reverse=True)


def _records(reader: Reader, name: str, seen: Published, words: Words) -> list[tuple[str, str]]:
    return [
        (words.energies[row["quantity"]], _record(row, words))
        for row in forecast.skill(reader, name, FORECAST_OF, seen)
        if row["mae_wh"] is not None and row["mae_yesterday_wh"] is not None
    ]


def _record(row: dict[str, Any], words: Words) -> str:
    mae, naive = (" ".join(words.energy(row[each])) for each in ("mae_wh", "mae_yesterday_wh"))
    return words.pages["record_line"].format(mae=mae, naive=naive, days=words.number(row["days"]))


def _devices(now: live.Now, words: Words) -> list[tuple[str, str, str, str, str]]:
    """Id, kind of freshness, age, power and status of each."""
    return [
        (
            device["device_id"],
            state.freshness(device["age_s"]),
            words.age(device["age_s"]),
            _power(device, words),
            _status(device, words),
        )
        for device in now.devices[:MEMBERS_LOOKED_AT]
    ]


def _status(device: Mapping[str, Any], words: Words) -> str:
    """The state that a device says it is in; in its own words where it has others than ours."""
    said = str(device.get("status") or "")
    return words.states.get(said, said)


def _power(device: Mapping[str, Any], words: Words) -> str:
    """The power of a device and, where it may go both ways, which it goes."""
    ways = WAYS.get(str(device.get("device_kind")))
    if ways is None:
        return " ".join(words.power(device.get("ac_power_w"))).strip()
    one, its_name, other, other_name = ways
    if one not in device and other not in device:
        return NOTHING
    watts = device.get(one, 0.0) - device.get(other, 0.0)
    way = "" if not watts else words.pages[its_name if watts > 0 else other_name]
    return " ".join([*words.power(abs(watts)), way]).strip()
