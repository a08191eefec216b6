"""Catalogue files: what is taken, and what a person is told about what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from energy.money.contract import CONTRACTS
from ingest.catalogue.entries import CatalogueError, parse_catalogue
from ingest.catalogue.file import read_catalogue

INVERTER = {
    "device_id": "inv",
    "device_kind": "inverter",
    "connection": {"protocol": "sunspec-tcp", "host": "192.168.1.20"},
}
HOME = {
    "installation_id": "casa-1",
    "name": "Casa",
    "kind": "home",
    "time_zone": "Europe/Madrid",
    "capacity_kw": 5,
    "municipality_code": "28065",
    "cups": "ES0021000000000001RK",
    "devices": [INVERTER],
}


VALLEY = {"installation_id": "valley", "kind": "community"}
BAD_IDS = ("", " a", "a ", "a/b", "a b", "-a", "a-", "..", "\0", "a\n", "[bold]", "\u00f1", "a" * 65, "\x1b[31m")


CONTRACT = {
    "from": "2026-01-01",
    "access_tariff": "2.0TD",
    "territory": "peninsula",
    "power_kw": [4.6, 4.6],
    "energy": {"kind": "pvpc"},
}
WRONG_CONTRACTS: list[tuple[list[dict[str, Any]], str]] = [
    ([CONTRACT, CONTRACT | {"from": "2026-02-01"}], "both hold on 2026-02-01; end the earlier one with until"),
    ([CONTRACT | {"until": "2026-01-01"}], "does not come after 2026-01-01"),
    ([CONTRACT | {"power_kw": [4.6]}], "2.0TD has 2 periods of power, not 1"),
    ([CONTRACT | {"power_kw": [15.1, 4]}], "2.0TD ends at 15 kW"),
    ([CONTRACT | {"power_kw": [10.1, 4]}], "the PVPC is for 2.0TD up to 10 kW"),
    ([CONTRACT | {"access_tariff": "3.0TD", "power_kw": [10] * 6}], "3.0TD has a power above 15 kW"),
    (
        [CONTRACT | {"access_tariff": "6.1TD", "power_kw": [30, 20, 30, 30, 30, 30]}],
        "no power is less than the one before",
    ),
    ([CONTRACT | {"energy": {"kind": "fixed", "prices_eur_kwh": [0.1, 0.2]}}], "2.0TD has 3 periods of energy"),
    ([CONTRACT | {"energy": {"kind": "flat", "price_eur_kwh": 0.1234567}}], "no more than 6 decimal places"),
    ([CONTRACT | {"energy": {"kind": "flat", "price_eur_kwh": -0.1}}], "greater than or equal to 0"),
    ([CONTRACT | {"energy": {"kind": "cheap"}}], "does not match any of the expected tags"),
    (
        [CONTRACT | {"compensation": {"kind": "agreed", "price_eur_kwh": 0.05}}],
        "under the PVPC it is the surplus price",
    ),
    ([CONTRACT | {"compensation": {"kind": "surplus"}, "self_consumption": "51"}], "self-consumption 51 (surplus sold"),
    ([CONTRACT | {"virtual_battery": True}], "it takes compensated surplus of a free market contract"),
    ([CONTRACT | {"territory": "andorra"}], "peninsula"),
    ([CONTRACT | {"colour": "green"}], "there is no such field"),
]


@pytest.mark.parametrize(("contracts", "said"), WRONG_CONTRACTS, ids=[said for _, said in WRONG_CONTRACTS])
def test_contracts_that_can_not_hold_are_refused(contracts: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(CatalogueError) as error:
        parse_catalogue([HOME | {"contracts": contracts}])
    assert said in str(error.value)


def test_contracts_are_kept_by_date_and_come_back_as_they_were() -> None:
    (entry,) = parse_catalogue(
        [HOME | {"contracts": [CONTRACT | {"from": "2026-02-01"}, CONTRACT | {"until": "2026-02-01"}]}]
    )
    assert entry.contracts is not None
    assert [contract.since.isoformat() for contract in entry.contracts] == ["2026-01-01", "2026-02-01"]
    assert CONTRACTS.validate_json(CONTRACTS.dump_json(entry.contracts, by_alias=True)) == entry.contracts


@pytest.mark.parametrize("shape", [HOME, [HOME], {"installations": [HOME]}], ids=["one", "list", "mapping"])
@pytest.mark.parametrize("write", [yaml.safe_dump, json.dumps], ids=["yaml", "json"])
def test_each_shape_is_taken(tmp_path: Path, shape: Any, write: Any) -> None:
    path = tmp_path / "catalogue"
    path.write_text(write(shape))
    (entry,) = read_catalogue(path)
    assert entry.cups == HOME["cups"]
    assert entry.devices[0].connection is not None
    assert entry.devices[0].connection.port == 502


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([HOME | {"time_zone": "Europe/Madird"}], r"entry 1 \(casa-1\): time_zone: there is no time zone"),
        ([HOME | {"cups": "ES0021000000000001RA"}], r"cups: .* is no CUPS"),
        ([HOME | {"cau": "ES0021000000000001RK0FA01"}], r"cau: .* is no CAU: write a CUPS of 22 characters"),
        ([HOME | {"cau": "ES0021000000000001RA0FA001"}], r"cau: .* is no CUPS"),
        ([HOME | {"municipality_code": 28065}], r"municipality_code: .*in quotes"),
        ([HOME | {"municipality_code": "٢٨٠٦٥"}], r"municipality_code: .*pattern"),
        ([HOME | {"cau": "ES0021000000000001RK0FA٠٠١"}], r"cau: .* is no CAU"),
        *(
            (
                [HOME | {"memberships": [{"community_id": "v", "from": edge}]}],
                r"memberships.0.from: .*outside the years",
            )
            for edge in ("9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00", "9999-12-31", "0001-01-01")
        ),
        ([HOME | {"colour": "red"}], r"colour: there is no such field"),
        ([HOME | {"latitude": 340.9}], r"latitude: .*less than or equal to 90"),
        ([HOME | {"capacity_kw": float("nan")}], r"capacity_kw: .*finite"),
        ([HOME | {"devices": [INVERTER | {"device_kind": "toaster"}]}], r"devices\.0\.device_kind"),
        ([HOME | {"devices": [INVERTER | {"device_kind": "battery"}]}], r"reads inverter or meter, not a battery"),
        ([HOME | {"devices": [INVERTER, INVERTER]}], r"casa-1: device_id inv stands in the file more than once"),
        ([HOME, HOME | {"installation_id": "casa-2"}], r"cups ES0021000000000001RK stands in the file more than once"),
        (
            [HOME, HOME | {"installation_id": "casa-2", "cups": f"{HOME['cups']}0F"}],
            r"cups ES0021000000000001RK stands in the file more than once",
        ),
        *(([HOME | {"installation_id": bad}], r"is no id: write 1 to 64") for bad in BAD_IDS),
        *(([HOME | {"devices": [INVERTER | {"device_id": bad}]}], r"is no id: write 1 to 64") for bad in BAD_IDS),
        *(
            ([HOME | {"name": bad}], r"write visible signs")
            for bad in ("", "  ", "a\nb", "\x1b[31m", "a\u202eb", "\0", "a\u2028b", "a\u2029")
        ),
        *(([HOME | {"capacity_kw": bad}], r"capacity_kw") for bad in (1e-300, 0, -5, 1e7 + 1, 1_001)),
        ([HOME | {"capacity_kw": True}], r"capacity_kw: write a number"),
        ([HOME | {"latitude": True}], r"latitude: write a number"),
        ([HOME | {"devices": [INVERTER | {"capacity_kw": 5e6}]}], r"no home has 5,000,000 kW"),
        ([HOME | {"devices": [INVERTER | {"capacity_kw": False}]}], r"devices\.0\.capacity_kw: write a number"),
        ([HOME | {"kind": "community"}], r"a community has none"),
        ([VALLEY | {"community_id": "valley"}], r"no member of a community"),
        ([HOME | {"community_id": "casa-1"}], r"no member of a community"),
        ([HOME | {"memberships": [{"community_id": "casa-1"}]}], r"no member of a community"),
        ([VALLEY | {"memberships": [{"community_id": "hill"}]}], r"no member of a community"),
        ([HOME | {"community_id": "hill", "memberships": []}], r"give one of the two"),
        ([HOME | {"capacities": []}], r"they say capacity_kw as well"),
        ([{"installation_id": "a", "kind": "home", "capacities": [{"capacity_kw": 5000}]}], r"no home has 5,000 kW"),
        ([{"installation_id": "a", "capacities": [{"capacity_kw": 0}]}], r"capacities.0.capacity_kw"),
        ([HOME | {"memberships": [{"community_id": "hill", "from": "yesterday"}]}], r"memberships.0.from: 'yesterday'"),
        ([HOME | {"memberships": [{"community_id": "hill", "from": "2026-02-30"}]}], r"no date like"),
        ([HOME | {"memberships": [{"community_id": "hill", "to": "2026-02-03T10:00:00"}]}], r"has no zone"),
        ([HOME | {"memberships": [{"community_id": "hill", "to": 20260203}]}], r"no date like"),
        ([HOME | {"memberships": [{"from": "2026-02-03"}]}], r"memberships.0.community_id"),
        ([HOME | {"memberships": [{"community_id": "hill", "until": "2026-02-03"}]}], r"no such field"),
        *(
            ([HOME | {"time_zone": bad}], r"there is no time zone")
            for bad in ("right/Europe/Madrid", "localtime", "Factory")
        ),
        ([HOME, HOME], r"installation_id casa-1 stands in the file more than once"),
        ([{"name": "?"}], r"entry 1 \(no installation_id\): installation_id: Field required"),
        ([], r"holds no installation"),
        (None, r"holds no installation"),
        ([7], r"entry 1"),
    ],
)
def test_each_mistake_is_named(content: Any, reason: str) -> None:
    with pytest.raises(CatalogueError, match=reason):
        parse_catalogue(content)


@pytest.mark.parametrize("text", ["a: [1", "\x00", "{]", "- !!python/object/apply:os.system ['true']"])
def test_what_is_neither_yaml_nor_json_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(text)
    with pytest.raises(CatalogueError, match="neither YAML nor JSON"):
        read_catalogue(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="can't be read"):
        read_catalogue(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "text", ['{"installation_id": "a", "installation_id": "b"}', "installation_id: a\ninstallation_id: b\n"]
)
def test_a_field_that_stands_twice_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue"
    path.write_text(text)
    with pytest.raises(CatalogueError, match="installation_id stands twice"):
        read_catalogue(path)


@pytest.mark.parametrize("nested", ["[" * 20_000, '{"a": ' * 20_000])
def test_endless_nesting_is_a_sentence(tmp_path: Path, nested: str) -> None:
    path = tmp_path / "catalogue"
    path.write_text(nested)
    with pytest.raises(CatalogueError, match=r"nested too deeply|neither YAML nor JSON"):
        read_catalogue(path)


def test_a_mark_and_escaped_signs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text("\ufeff" + json.dumps(HOME | {"name": "Casa \U0001f600"}), encoding="utf-8")
    assert read_catalogue(path)[0].name == "Casa \U0001f600"
