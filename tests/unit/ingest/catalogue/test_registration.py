"""What is registered already decides what may be registered beside it."""

from __future__ import annotations

import json
from collections import namedtuple
from datetime import datetime, timezone
from typing import Any

import pytest

from conf import java, load_settings
from ingest.catalogue.entries import CatalogueError, parse_catalogue
from ingest.catalogue.registration import check_zones, write_catalogue
from store.catalogue import DEVICES, INSTALLATION_FIELDS, INSTALLATIONS
from store.history.capacities import CAPACITIES
from store.history.memberships import MEMBERSHIPS

METER = {"device_id": "meter-1", "device_kind": "meter"}
CUPS = "ES0021000000000001RK"


Row = namedtuple("Row", INSTALLATION_FIELDS)  # type: ignore[misc]
Device = namedtuple("Device", ("installation_id", "device_id"))
Belongs = namedtuple("Belongs", ("installation_id", "start", "until", "community_id"))
Sized = namedtuple("Sized", ("installation_id", "start", "until", "capacity_kw"))
NOW = datetime(2026, 3, 30, 10, 50, tzinfo=timezone.utc)
JOINED = datetime(2026, 1, 1)  # noqa: DTZ001 - as Cassandra's driver returns it


def installation(installation_id: str, **known: Any) -> Any:
    """A row as the driver makes it, None where nothing is given."""
    return Row(**{**dict.fromkeys(INSTALLATION_FIELDS), "installation_id": installation_id, **known})


class Tables:
    """The catalogue's tables: a community, a member with a meter, a home alone; two that an older version let in."""

    def __init__(self) -> None:
        self.written: list[tuple[str, Any]] = []
        self._rows: dict[str, list[Any]] = {
            INSTALLATIONS: [
                installation("valley", kind="community"),
                installation("hill", kind="community"),
                installation("member", kind="home", community_id="valley", cups=CUPS, time_zone="Europe/Madrid"),
                installation("home", kind="home"),
                installation("astray", kind="home", community_id="nowhere"),
                installation("guest", kind="home", community_id="host"),
                installation("host", kind="home"),
                installation("plant", kind="park", capacity_kw=5000.0),
            ],
            DEVICES: [Device("member", "meter-1")],
            MEMBERSHIPS: [
                Belongs("member", JOINED, None, "valley"),
                Belongs("astray", JOINED, None, "nowhere"),
                Belongs("guest", JOINED, None, "host"),
            ],
            CAPACITIES: [Sized("member", JOINED, None, 5.0)],
        }

    def prepare(self, cql: str) -> str:
        return cql

    def execute(self, cql: str, values: Any = ()) -> list[Any]:
        if cql in self._rows:
            return self._rows[cql]
        table, row = cql.split()[2], values
        self.written.append((table, json.loads(values[0]) if "JSON" in cql else tuple(row)))
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
        ({"installation_id": "new", "cups": f"{CUPS}0F"}, "already belongs to member"),
        ({"installation_id": "new", "cups": f"{CUPS}1P"}, "already belongs to member"),
        ({"installation_id": "member", "cups": CUPS}, None),
        ({"installation_id": "home", "devices": [METER]}, None),
        ({"installation_id": "home", "capacity_kw": 5000}, "home: capacity_kw: no home has 5,000 kW"),
        (
            {"installation_id": "home", "capacities": [{"capacity_kw": 5000, "to": "2026-01-01"}]},
            "no home has 5,000 kW",
        ),
        ({"installation_id": "home", "devices": [METER | {"capacity_kw": 5000}]}, "no home has 5,000 kW"),
        ({"installation_id": "plant", "kind": "home"}, "plant: capacity_kw: no home has 5,000 kW"),
        ({"installation_id": "plant", "kind": "home", "capacity_kw": 5}, None),
        ({"installation_id": "plant", "name": "Plant"}, None),
        ({"installation_id": "astray", "name": "Astray"}, "nowhere is not registered"),
        ({"installation_id": "astray", "community_id": "valley"}, None),
        ({"installation_id": "host", "name": "Host"}, "host is no community"),
        ({"installation_id": "host", "kind": "community"}, None),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_written(content: Any, reason: str | None) -> None:
    tables = Tables()
    if reason is None:
        write_catalogue(tables, parse_catalogue(content), NOW)
        assert tables.written
        return
    with pytest.raises(CatalogueError, match=reason):
        write_catalogue(tables, parse_catalogue(content), NOW)
    assert tables.written == []


def test_null_clears_and_what_is_left_out_stays() -> None:
    tables = Tables()
    write_catalogue(tables, parse_catalogue({"installation_id": "home", "cau": None}), NOW)
    assert tables.written == [("installation", {"installation_id": "home", "cau": None})]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


BEGUN = utc("2026-03-30T10:45")
"""Of the quarter-hour that is under way."""


@pytest.mark.parametrize(
    ("stated", "now_in", "held", "gone", "recounted"),
    [
        # It leaves, moves, stays, and comes back to nothing.
        ({"community_id": None}, None, [("valley", "2026-01-01", BEGUN)], [], {"valley": BEGUN}),
        (
            {"community_id": "hill"},
            "hill",
            [("valley", "2026-01-01", BEGUN), ("hill", BEGUN, None)],
            [],
            {"valley": BEGUN, "hill": BEGUN},
        ),
        ({"community_id": "valley"}, "valley", [("valley", "2026-01-01", None)], [], {}),
        ({"memberships": []}, None, [], ["2026-01-01"], {"valley": utc("2026-01-01")}),
        ({"memberships": None}, None, [], ["2026-01-01"], {"valley": utc("2026-01-01")}),
        # A gap; midnights of its zone, before and after the day of 23 hours.
        (
            {"memberships": [{"community_id": "valley", "from": "2026-01-01T00:00:00Z", "to": "2026-03-29"}]},
            None,
            [("valley", "2026-01-01", utc("2026-03-28T23:00"))],
            [],
            {"valley": utc("2026-03-28T23:00")},
        ),
        (
            {
                "memberships": [
                    {"community_id": "hill", "from": "2026-03-30"},
                    {"community_id": "valley", "to": "2026-03-29"},
                ]
            },
            "hill",
            [("valley", "1970-01-01", utc("2026-03-28T23:00")), ("hill", utc("2026-03-29T22:00"), None)],
            ["2026-01-01"],
            {"valley": utc("1970-01-01"), "hill": utc("2026-03-29T22:00")},
        ),
        # In the file's own zone, where it states one.
        (
            {"time_zone": "UTC", "memberships": [{"community_id": "valley", "from": "2026-01-01", "to": "2026-02-01"}]},
            None,
            [("valley", "2026-01-01", utc("2026-02-01"))],
            [],
            {"valley": utc("2026-02-01")},
        ),
    ],
)
def test_memberships_are_dated_and_what_changes_of_the_past_is_totalled_again(
    stated: dict[str, Any], now_in: str | None, held: list[Any], gone: list[str], recounted: dict[str, datetime]
) -> None:
    tables = Tables()
    asked = write_catalogue(tables, parse_catalogue({"installation_id": "member", **stated}), NOW)
    written = [row for table, row in tables.written if table == "installation"]
    assert [row["community_id"] for row in written] == [now_in]
    kept = [
        ("member", utc(start) if isinstance(start, str) else start, until, community)
        for community, start, until in held
    ]
    assert [row for table, row in tables.written if table == "membership" and len(row) == 4] == kept
    removed = [row for table, row in tables.written if table == "membership" and len(row) == 2]
    assert removed == [("member", utc(start)) for start in gone]
    first = {each.installation_id: each.start for each in reversed(asked)}
    assert first == recounted
    assert [row for table, row in tables.written if table == "recount"] == [tuple(each) for each in asked]
    assert all(each.start < each.until <= utc("2026-03-30T11:00") for each in asked)


def test_who_is_new_belongs_ever_since_unless_it_says_when() -> None:
    tables = Tables()
    asked = write_catalogue(tables, parse_catalogue({"installation_id": "new", "community_id": "valley"}), NOW)
    assert tables.written[1:] == [("membership", ("new", utc("1970-01-01"), None, "valley"))]
    assert asked == []


@pytest.mark.parametrize(
    ("name", "stated", "now_in", "held", "recounted"),
    [
        # The first that is stated held ever since, of who is new and of who is known; another one from now on.
        ("new", {"capacity_kw": 3}, 3.0, [("1970-01-01", None, 3.0)], []),
        ("home", {"capacity_kw": 3}, 3.0, [("1970-01-01", None, 3.0)], [("home", "1970-01-01")]),
        ("member", {"capacity_kw": 8}, 8.0, [("2026-01-01", BEGUN, 5.0), (BEGUN, None, 8.0)], [("member", BEGUN)]),
        ("member", {"capacity_kw": 5}, 5.0, [("2026-01-01", None, 5.0)], []),
        ("member", {"capacity_kw": None}, None, [("2026-01-01", BEGUN, 5.0)], [("member", BEGUN)]),
        ("member", {"capacities": None}, None, [], [("member", "2026-01-01")]),
        (
            "member",
            {"capacities": [{"capacity_kw": 8, "from": "2026-03-29"}, {"capacity_kw": 4, "to": "2026-02-01"}]},
            8.0,
            [("1970-01-01", utc("2026-01-31T23:00"), 4.0), (utc("2026-03-28T23:00"), None, 8.0)],
            # 4 before it had 5, 4 and none in place of 5, and then 8.
            [("member", each) for each in ("1970-01-01", "2026-01-01", "2026-01-31T23:00", "2026-03-28T23:00")],
        ),
    ],
)
def test_capacities_are_dated_and_the_installation_is_totalled_again(
    name: str, stated: dict[str, Any], now_in: float | None, held: list[Any], recounted: list[Any]
) -> None:
    tables = Tables()
    asked = write_catalogue(tables, parse_catalogue({"installation_id": name, **stated}), NOW)
    assert [row["capacity_kw"] for table, row in tables.written if table == "installation"] == [now_in]
    kept = [(name, utc(start) if isinstance(start, str) else start, until, kw) for start, until, kw in held]
    assert [row for table, row in tables.written if table == "capacity" and len(row) == 4] == kept
    assert [(each.installation_id, each.start) for each in asked] == [
        (of, utc(start) if isinstance(start, str) else start) for of, start in recounted
    ]


@pytest.mark.parametrize(
    ("memberships", "message"),
    [
        ([{"community_id": "valley"}, {"community_id": "hill", "from": "2026-02-01"}], "valley and hill overlap"),
        ([{"community_id": "valley", "to": "2026-02-02"}, {"community_id": "valley", "from": "2026-02-01"}], "overlap"),
        ([{"community_id": "valley", "from": "2026-02-01", "to": "2026-02-01"}], "ends before it begins"),
        ([{"community_id": "valley", "from": "2026-03-31"}], "still to come"),
        ([{"community_id": "valley", "to": "2027-01-01"}], "still to come"),
        ([{"community_id": "valley", "from": "2026-02-01T00:07:00Z"}], "within a quarter-hour"),
        ([{"community_id": "nowhere", "to": "2026-02-01"}], "nowhere is not registered"),
        ([{"community_id": "home", "to": "2026-02-01"}], "home is no community"),
    ],
)
def test_memberships_that_can_not_be_are_refused_before_anything_is_written(memberships: Any, message: str) -> None:
    tables = Tables()
    with pytest.raises(CatalogueError, match=message):
        write_catalogue(tables, parse_catalogue({"installation_id": "member", "memberships": memberships}), NOW)
    assert tables.written == []


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
