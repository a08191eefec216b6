"""Readings that only one layer has: come after the last night's archive, or refused when they came and good by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from energy.calendar import period_start, utc_dates
from energy.energy_row import EnergyRow
from energy.limits import Limits
from energy.reconcile import added_by
from energy.records import COUNTED
from energy.registers.counters import BRIDGE
from energy.topics import BEHIND, TOPICS, Reason, Rejected
from serving_layer.reader import Reader
from serving_layer.views import catalogue
from serving_layer.views.parts import Parts, within
from store.instants import utc_or_none
from store.ledger import furthest
from store.runs import Published

REFUSED_A_DAY = 10_000
"""Most messages of one day's quarantine that are read."""
_FIELDS = ", ".join(("device_id", "device_kind", "time", *COUNTED))
_READINGS = (
    f"SELECT installation_id, kafka_partition, kafka_offset, {_FIELDS} FROM reading_by_day "  # noqa: S608
    "WHERE installation_id = ? AND device_id = ? AND day = ? AND time >= ? AND time < ?"
)
_STATES = "SELECT device_id FROM inverter_state WHERE installation_id = ?"
_ARCHIVED = "SELECT last_offsets FROM ingest_ledger WHERE topic = 'readings' AND layer = 'batch' AND batch_id <= ?"
_REFUSED = (
    "SELECT received_at, payload FROM quarantine WHERE topic = 'readings' AND day = ? "
    "AND code = ? AND refused_id = ? LIMIT ? ALLOW FILTERING"
)
_BY_CATALOGUE: tuple[Reason, ...] = ("unknown installation", "unknown device", "foreign device", "foreign writer")
"""Reasons for which the catalogue refuses a reading."""

FROM_READINGS = ("measured", "integrated")
"""Methods of values that surely rest on readings."""
_DAY = timedelta(days=1)

Reading = dict[str, Any]
Rows = Mapping[str, Sequence[EnergyRow]]
"""Rows by quantity."""
Known = Mapping[str, Mapping[datetime, int]]
"""mWh by quantity and period."""


class Later(NamedTuple):
    """Changes by the readings that only one layer has."""

    after_archive: Known
    refused: Known


class Held(NamedTuple):
    """Readings of one installation as the speed layer holds them."""

    archived: list[Reading]
    """Messages that the published batch view knows."""
    late: list[Reading]
    """Messages that came after its archive."""


def held(reader: Reader, installation_id: str, spans: Sequence[tuple[datetime, datetime]], seen: Published) -> Held:
    """The readings of [start, end), UTC, of each of ``spans``, and as far beyond as their energy needs."""
    ends = _archived_offsets(reader, seen)
    devices = [row.device_id for row in reader.rows(_STATES, installation_id)]
    keys = {
        (installation_id, device, day, start - BRIDGE, end + BRIDGE)
        for start, end in spans
        for device in devices
        for day in utc_dates(start - BRIDGE, end + BRIDGE)
    }
    found = Held([], [])
    taken = set()
    for rows in reader.each(_READINGS, sorted(keys)):
        for row in rows:
            reading = {name: value for name, value in row._asdict().items() if value is not None}
            position = reading.pop("kafka_partition", 0), reading.pop("kafka_offset", -1)
            reading["time"] = utc_or_none(row.time)
            if (row.device_id, row.time) in taken:
                continue
            taken.add((row.device_id, row.time))
            is_late = position[1] > ends.get(str(position[0]), -1)
            (found.late if is_late else found.archived).append(reading)
    return found


def refused(reader: Reader, installation_ids: Collection[str], since: datetime, now: datetime) -> list[Reading]:
    """Readings of these installations in the quarantine of the days from ``since`` that are good by their content.

    What refused them was the catalogue of that hour: an installation or a device that was registered since.
    """
    days = utc_dates(max(since, now - BEHIND), now)
    asked = [(day, code, each, REFUSED_A_DAY) for day in days for each in installation_ids for code in _BY_CATALOGUE]
    found = []
    for rows in reader.each(_REFUSED, asked):
        for row in rows:
            try:
                reading = TOPICS["readings"].parse(row.payload, utc_or_none(row.received_at) or now)
            except Rejected:
                continue
            if reading["installation_id"] in installation_ids:
                found.append(reading)
    return found


def later(reader: Reader, parts: Parts, speed: Rows, batch: Rows, seen: Published) -> Later:
    """Changes by such readings of the ``parts`` together on the days on which the two views differ."""
    now = datetime.now(timezone.utc)
    spans = _differing(speed, batch, seen.cut, now)
    after: dict[str, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    good: dict[str, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    found = refused(reader, parts.keys(), spans[0][0], now) if spans else []
    for member, belonged in parts.items() if spans else ():
        limits = catalogue.limits(reader, member)
        own = [each for span in spans for of in belonged if (each := within(span, of)).start < each.end]
        known = held(reader, member, own, seen)
        of_member = [reading for reading in found if reading["installation_id"] == member]
        _add(after, known.archived, known.late, own, limits)
        _add(good, [*known.archived, *known.late], of_member, own, limits)
    return Later(after, good)


def _add(
    changes: dict[str, dict[datetime, int]],
    base: Sequence[Reading],
    more: Sequence[Reading],
    spans: Sequence[tuple[datetime, datetime]],
    limits: Limits,
) -> None:
    for start, end in spans if more else ():
        for quantity, periods in added_by(base, more, start, end, limits).items():
            for period, mwh in periods.items():
                changes[quantity][period] += mwh


def _differing(speed: Rows, batch: Rows, cut: datetime | None, now: datetime) -> list[tuple[datetime, datetime]]:
    """The UTC days before the cut on which readings may tell why the two views differ, as ranges.

    Not those whose readings are no longer kept, and not where the batch view rests on the totals of others.
    """
    if cut is None:
        return []
    provisional, published = (
        {(q, row.start): row for q, rows in view.items() for row in rows if row.start < cut} for view in (speed, batch)
    )
    days = set()
    for key in {*provisional, *published}:
        a, b = provisional.get(key), published.get(key)
        from_readings = a is not None or (b is not None and b.method in FROM_READINGS)
        if from_readings and (a and a.energy_wh) != (b and b.energy_wh) and key[1] > now - BEHIND:
            days.add(period_start(key[1], "day"))
    spans: list[tuple[datetime, datetime]] = []
    for day in sorted(days):
        if spans and spans[-1][1] == day:
            spans[-1] = (spans[-1][0], day + _DAY)
        else:
            spans.append((day, day + _DAY))
    return spans


def _archived_offsets(reader: Reader, seen: Published) -> dict[str, int]:
    """The last offset of each Kafka partition that the newest published run knows."""
    through = max((run.marks.get("readings", -1) for run in seen.runs), default=-1)
    rows = reader.rows(_ARCHIVED, through) if through >= 0 else []
    return furthest(row.last_offsets for row in rows)
