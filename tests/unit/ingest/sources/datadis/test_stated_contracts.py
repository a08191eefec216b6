"""Contracts as Datadis answers them, on this machine: read leniently, asked for weekly, within the budget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf import Settings
from ingest.simulator.doors.datadis import supply
from ingest.sources.budget import Budget
from ingest.sources.datadis.client import RULE
from ingest.sources.datadis.contract import FIELDS, contracts
from ingest.sources.datadis.contracts import Contracts, answers
from ingest.sources.datadis.registered import Home, Registered
from ingest.sources.datadis.removal import remove_supply
from ingest.sources.source import Failures
from store.history.attempts import attempts_path
from tests.support.peers.datadis_service import Clock, Service, datadis_service

CUPS, OTHER = "ES0189000048220011CR0F", "ES0237000000130940CT"
NOW = datetime(2026, 3, 15, 0, 10, tzinfo=timezone.utc)
ERROR = {"distributorCode": "2", "distributorName": "X", "errorCode": "1", "errorDescription": "down"}
ROW: dict[str, Any] = {
    "cups": CUPS, "distributor": "I-DE", "marketer": "TOTAL", "tension": "Baja 230", "accessFare": "2.0TD PEAJE ATR",
    "province": "Madrid", "municipality": "MADRID", "postalCode": "28001", "contractedPowerkW": [3.45, 3.45],
    "timeDiscrimination": "", "modePowerControl": "ICP", "startDate": "2023/01/01", "endDate": "", "codeFare": "2T",
    "selfConsumptionTypeCode": "42", "selfConsumptionTypeDesc": "x", "section": "2", "subsection": "A0",
    "partitionCoefficient": 0.25, "cau": f"{CUPS}A001", "installedCapacityKW": 100.0, "dateOwner": [{"a": "b"}],
    "lastMarketerDate": "", "maxPowerInstall": "5.75",
}  # fmt: skip


class Catalogue(Registered):
    """Homes with these CUPS."""

    def __init__(self, *cups: str) -> None:
        self._cups = cups

    def homes(self) -> list[Home]:
        return [Home(f"casa-{n}", cups, "Europe/Madrid") for n, cups in enumerate(self._cups, start=1)]


@pytest.fixture
def service(login: None) -> Iterator[Service]:
    with datadis_service(Clock()) as running:
        running.supplies = [supply(CUPS)]
        running.contracts = {CUPS: [ROW]}
        yield running


def ask(own: Settings, service: Service, now: datetime, *cups: str, is_by_hand: bool = False) -> list[str]:
    """What was said."""
    assert isinstance(service.now, Clock)
    service.now.now = now
    said: list[str] = []
    source = Contracts(own, now, Catalogue(*(cups or (CUPS,))), is_by_hand)
    for _ in Failures().answers(source.missing(), said.append):
        pass
    return said


def test_a_contract_is_kept_without_addresses(own: Settings, service: Service) -> None:
    assert ask(own, service, NOW) == []
    (contract,) = answers(own.home)[CUPS[:20]].contracts
    assert (contract.tariff, contract.power_kw, contract.maximeter) == ("2.0TD", (Decimal("3.45"),) * 2, False)
    assert (contract.since, contract.until, contract.marketer) == (date(2023, 1, 1), None, "TOTAL")
    assert (contract.self_consumption, contract.cau, contract.installed_kw) == ("42", f"{CUPS}A001", Decimal(100))
    assert contract.coefficients == (Decimal("0.25"),)
    assert answers(own.home)[CUPS[:20]].at == NOW
    assert "28001" not in (own.home / "datadis" / "contracts.json").read_text()


def test_it_is_asked_every_week_by_a_person_every_day(own: Settings, service: Service) -> None:
    for day in range(15):
        ask(own, service, NOW + timedelta(days=day, minutes=2 * day))
    path = [path for path in service.asked if "contract" in path]
    assert len(path) == 1
    assert service.calls == 15 + 3  # supplies daily, contracts on days 0, 7 and 14
    for hours in (1, 23, 25):
        ask(own, service, NOW + timedelta(days=14, minutes=28, hours=hours), is_by_hand=True)
    assert service.calls == 18 + 2
    assert service.wasted == 0


def test_supplies_by_authorisation_are_asked_by_that_nif(
    own: Settings, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATADIS_AUTHORISED_NIFS", "87654321X")
    service.authorised = {"87654321X": [supply(OTHER)]}
    service.contracts[OTHER] = [ROW | {"cups": OTHER}]
    ask(own, service, NOW, CUPS, OTHER)
    assert answers(own.home).keys() == {CUPS[:20], OTHER[:20]}
    (path,) = [path for path in service.asked if "contract" in path and OTHER in path]
    assert "authorizedNif=87654321X" in path


@pytest.mark.parametrize(
    ("fault", "said", "in_vain"),
    [
        ((500, ""), "HTTP 500", 1),
        ((429, "Consulta ya realizada en las últimas 24 horas."), "within 24 hours", 0),
        ((200, "<html>"), "no JSON", 1),
        ((200, f'{{"contract": [], "distributorError": [{ERROR}]}}'.replace("'", '"')), "X: down", 1),
        ((200, '{"contract": null}'), "holds no contract", 1),
    ],
)
def test_an_answer_without_a_contract_is_said_and_what_was_kept_stays(
    own: Settings, service: Service, fault: tuple[int, str], said: str, in_vain: int
) -> None:
    ask(own, service, NOW)
    later = NOW + timedelta(days=8)
    list(Contracts(own, later, Catalogue(CUPS)).missing())  # the supplies
    service.faults = [fault]
    (word,) = ask(own, service, later)
    assert said in word
    assert answers(own.home)[CUPS[:20]].at == NOW
    kept = Budget(attempts_path(own.home, "datadis"), RULE).last(f"{CUPS}-contract")
    assert kept is not None
    assert kept.in_vain == in_vain


def test_a_row_of_blanks_is_no_contract_and_one_object_is_a_list(own: Settings, service: Service) -> None:
    service.contracts = {CUPS: [dict.fromkeys(FIELDS, "")]}
    assert ask(own, service, NOW) == []
    assert answers(own.home) == {}
    service.contracts = {CUPS: ROW}
    ask(own, service, NOW + timedelta(days=2))
    assert len(answers(own.home)[CUPS[:20]].contracts) == 1


def test_what_is_kept_of_a_supply_goes_with_it_and_of_others_stays(own: Settings, service: Service) -> None:
    service.supplies = [supply(CUPS), supply(OTHER)]
    service.contracts[OTHER] = [ROW | {"cups": OTHER, "cau": None}]
    ask(own, service, NOW, CUPS, OTHER)
    folder = own.home / "datadis"
    for cups in (CUPS, OTHER):
        (folder / f"{cups}-2026-02.json").write_text("{}")
    assert remove_supply(own.home, CUPS[:20]) == 4  # curve, contract, what was asked of it, and that it was seen
    assert all(CUPS[:20] not in file.name + file.read_text() for file in folder.iterdir())
    assert answers(own.home).keys() == {OTHER[:20]}
    assert Budget(attempts_path(own.home, "datadis"), RULE).last(f"{OTHER}-contract") is not None
    assert remove_supply(own.home, CUPS) == 0


@pytest.mark.parametrize(
    ("field", "value", "read", "expected"),
    [
        ("contractedPowerkW", "3,45", "power_kw", (Decimal("3.45"),)),
        ("contractedPowerkW", [20, 20, 20, 20, 20, 25.5], "power_kw", (20, 20, 20, 20, 20, Decimal("25.5"))),
        ("contractedPowerkW", [3.45, 3.45, None, 0, "", "x"], "power_kw", (Decimal("3.45"), Decimal("3.45"))),
        ("contractedPowerkW", None, "power_kw", ()),
        ("startDate", "2023-01-01T00:00:00", "since", date(2023, 1, 1)),
        ("startDate", "01/02/2023", "since", date(2023, 2, 1)),
        ("startDate", None, "since", None),
        ("startDate", "2023/13/01", "since", None),
        ("endDate", "9999/12/31", "until", None),
        ("endDate", "2026/01/31", "until", date(2026, 1, 31)),
        ("modePowerControl", "Maxímetro", "maximeter", True),
        ("modePowerControl", "MAXIMETRO", "maximeter", True),
        ("modePowerControl", "", "maximeter", None),
        ("modePowerControl", 1, "maximeter", False),
        ("accessFare", "3.0 TD", "tariff", "3.0TD"),
        ("accessFare", None, "tariff", "2.0TD"),  # its code says so
        ("partitionCoefficient", "0,333333", "coefficients", (Decimal("0.333333"),)),
        ("partitionCoefficient", 33.3333, "coefficients", (Decimal("0.333333"),)),
        ("partitionCoefficient", [0.25, 0.3], "coefficients", (Decimal("0.25"), Decimal("0.3"))),
        ("partitionCoefficient", None, "coefficients", ()),
        ("selfConsumptionTypeCode", 42, "self_consumption", "42"),
        ("selfConsumptionTypeCode", 0, "self_consumption", "00"),
        ("selfConsumptionTypeCode", None, "self_consumption", ""),
        ("cau", None, "cau", ""),
        ("cau", f" {CUPS.lower()}a001", "cau", f"{CUPS}A001"),
        ("installedCapacityKW", "100,5", "installed_kw", Decimal("100.5")),
        ("installedCapacityKW", "", "installed_kw", None),
        ("marketer", None, "marketer", ""),
    ],
)  # fmt: skip
def test_every_form_of_a_field_is_read(field: str, value: Any, read: str, expected: Any) -> None:
    (contract,) = contracts([ROW | {field: value}])
    assert getattr(contract, read) == expected


def test_contracts_are_in_the_order_of_their_days() -> None:
    later = ROW | {"startDate": "2025/01/01"}
    assert [each.since for each in contracts([later, ROW | {"endDate": "2025/01/01"}])] == [
        date(2023, 1, 1), date(2025, 1, 1)
    ]  # fmt: skip


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=12) | st.floats() | st.integers() | st.booleans(),
    lambda each: st.lists(each, max_size=3),
)


@settings(deadline=None)
@given(st.lists(values | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values)), max_size=4))
def test_any_rows_are_read(rows: list[Any]) -> None:
    found = contracts(rows)
    assert len(found) <= len(rows)
    assert all(power > 0 for each in found for power in each.power_kw)
