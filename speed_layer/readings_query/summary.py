"""The summary of a batch: counts, offsets, the newest reading of each device."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime

from energy.energy_row import to_us
from speed_layer.readings_query.duplicates import Classified, Device
from store.quarantine import Refused

_UNKNOWN_KEPT = 1_000


@dataclass(frozen=True)
class Summary:
    """Counts of a task or a batch: received = accepted + duplicate + quarantined."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    late: int = 0
    """Accepted readings whose time lies before the published cut."""
    first: dict[str, int] = field(default_factory=dict)
    """The first offset of each Kafka partition."""
    last: dict[str, int] = field(default_factory=dict)
    newest: list[tuple[str, str, int]] = field(default_factory=list)
    """Installation, device and time (microseconds since 1970 UTC) of each device's newest accepted reading."""
    fields: list[str] = field(default_factory=list)
    """The fields that any accepted reading has."""
    unknown: list[str] = field(default_factory=list)
    """Installations the catalogue did not know, at most 1,000 of them."""

    def to_json(self) -> str:
        """The summary as one line of JSON."""
        return json.dumps(asdict(self))


def summarise(
    positions: Iterable[tuple[int, int]], result: Classified, refused: list[Refused], cut: datetime | None
) -> Summary:
    """The summary of one task; ``positions`` are (partition, offset) of all its messages, in order."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for partition, offset in positions:
        first.setdefault(partition, offset)
        last[partition] = offset
    newest: dict[Device, datetime] = {}
    for installation, device, time in result.rows:
        newest[installation, device] = max(time, newest.get((installation, device), time))
    unknown = {each.refused_id for each in refused if each.code == "unknown installation" and each.refused_id}
    return Summary(
        received=len(result.accepted) + result.duplicate + len(refused),
        accepted=len(result.accepted),
        duplicate=result.duplicate,
        quarantined=len(refused),
        late=sum(time < cut for time in result.accepted) if cut is not None else 0,
        first={str(partition): offset for partition, offset in first.items()},
        last={str(partition): offset for partition, offset in last.items()},
        newest=[(*device, to_us(time)) for device, time in newest.items()],
        fields=sorted(set().union(*(row.reading for row in result.rows.values()))),
        unknown=sorted(unknown)[:_UNKNOWN_KEPT],
    )


def total(summaries: Iterable[str]) -> Summary:
    """The summary of a batch from those of its tasks, given as JSON."""
    parts = [Summary(**json.loads(each)) for each in summaries]
    newest: dict[Device, int] = {}
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for part in parts:
        for installation, device, time in part.newest:
            newest[installation, device] = max(time, newest.get((installation, device), time))
        for partition, offset in part.first.items():
            first[partition] = min(offset, first.get(partition, offset))
        for partition, offset in part.last.items():
            last[partition] = max(offset, last.get(partition, offset))
    return Summary(
        received=sum(part.received for part in parts),
        accepted=sum(part.accepted for part in parts),
        duplicate=sum(part.duplicate for part in parts),
        quarantined=sum(part.quarantined for part in parts),
        late=sum(part.late for part in parts),
        first=first,
        last=last,
        newest=[(*device, time) for device, time in newest.items()],
        fields=sorted({name for part in parts for name in part.fields}),
        unknown=sorted({name for part in parts for name in part.unknown})[:_UNKNOWN_KEPT],
    )
