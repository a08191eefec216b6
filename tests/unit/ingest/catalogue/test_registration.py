"""What is registered already decides what may be registered beside it."""

from __future__ import annotations

import json
from collections import namedtuple
from typing import Any

import pytest

from conf import java, load_settings
from ingest.catalogue.entries import CatalogueError, parse_catalogue
from ingest.catalogue.registration import check_zones, write_catalogue
from store.catalogue import DEVICES, INSTALLATION_FIELDS, INSTALLATIONS

METER = {"device_id": "meter-1", "device_kind": "meter"}
CUPS = "ES0021000000000001RK"


Row = namedtuple("Row", INSTALLATION_FIELDS)  # type: ignore[misc]
Device = namedtuple("Device", ("installation_id", "device_id"))


def installation(installation_id: str, **known: Any) -> Any:
    """A row as the driver makes it, None where nothing is given."""
    return Row(**{**dict.fromkeys(INSTALLATION_FIELDS), "installation_id": installation_id, **known})


class Tables:
    """The catalogue's tables: a community, a member with a meter, a home alone; two that an older version let in."""

    def __init__(self) -> None:
        self.written: list[tuple[str, dict[str, Any]]] = []
        self._rows: dict[str, list[Any]] = {
            INSTALLATIONS: [
                installation("valley", kind="community"),
                installation("member", kind="home", community_id="valley", cups=CUPS),
                installation("home", kind="home"),
                installation("astray", kind="home", community_id="nowhere"),
                installation("guest", kind="home", community_id="host"),
                installation("host", kind="home"),
            ],
            DEVICES: [Device("member", "meter-1")],
        }

    def prepare(self, cql: str) -> str:
        return cql

    def execute(self, cql: str, values: Any = ()) -> list[Any]:
        if cql in self._rows:
            return self._rows[cql]
        self.written.append((cql.split()[2], json.loads(values[0])))
        return []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"installation_id": "new", "community_id": "nowhere"}, "nowhere is not registered"),
        ({"installation_id": "new", "community_id": "home"}, "home is no community"),
        ({"installation_id": "home", "kind": "community", "community_id": None}, None),
        ({"installation_id": "member", "kind": "community"}, "a community has no devices"),
        ({"installation_id": "valley", "kind": "home"}, "valley is no community"),
        ({"installation_id": "valley", "devices": [METER]}, "a community has no devices"),
        (
            [{"installation_id": "a", "community_id": "b"}, {"installation_id": "b", "community_id": "a"}],
            "no community",
        ),
        ({"installation_id": "new", "cups": CUPS}, "already belongs to member"),
        ({"installation_id": "member", "cups": CUPS}, None),
        ({"installation_id": "home", "devices": [METER]}, None),
        ({"installation_id": "astray", "name": "Astray"}, "nowhere is not registered"),
        ({"installation_id": "astray", "community_id": "valley"}, None),
        ({"installation_id": "host", "name": "Host"}, "host is no community"),
        ({"installation_id": "host", "kind": "community"}, None),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_written(content: Any, reason: str | None) -> None:
    tables = Tables()
    if reason is None:
        write_catalogue(tables, parse_catalogue(content))
        assert tables.written
        return
    with pytest.raises(CatalogueError, match=reason):
        write_catalogue(tables, parse_catalogue(content))
    assert tables.written == []


def test_null_clears_and_what_is_left_out_stays() -> None:
    tables = Tables()
    write_catalogue(tables, parse_catalogue({"installation_id": "member", "community_id": None}))
    assert tables.written == [("installation", {"installation_id": "member", "community_id": None})]


def test_a_zone_must_be_known_to_java() -> None:
    settings = load_settings()
    home = java.find(settings.cache)
    if home is None:
        pytest.skip("there is no Java 17 on this machine")
    entries = parse_catalogue([{"installation_id": "a", "time_zone": "Europe/Madrid"}])
    check_zones(settings, entries)
    assert {"Europe/Madrid", "UTC", "Atlantic/Canary", "Pacific/Apia"} <= java.zones(home)
    strange = [entry.model_copy(update={"time_zone": "Europe/Atlantis"}) for entry in entries]
    with pytest.raises(CatalogueError, match="does not know the time zone Europe/Atlantis"):
        check_zones(settings, strange)
