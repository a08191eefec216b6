"""What a distributor states of a supply, against what is registered: each difference one sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml

from energy.money.community.agreement import Version
from energy.money.official.supply import RegisteredSupply, StatedContract, differences
from ingest.catalogue.entries import parse_catalogue
from tests.support.money.bills import HOME, contracts

CUPS = "ES0189000048220011CR0F"
CAU = f"{CUPS}A001"
TODAY = date(2026, 3, 15)
STATED = StatedContract(
    cups=CUPS,
    marketer="Solar Coop",
    tariff="2.0TD",
    power_kw=(Decimal("4.6"), Decimal("4.6")),
    maximeter=False,
    since=date(2023, 1, 1),
    until=None,
    self_consumption="42",
    cau=CAU,
    coefficients=(Decimal("0.25"),),
    installed_kw=Decimal(100),
)
VERSION = Version(date(2026, 1, 1), {"casa": 250_000, "other": 750_000})
REGISTERED = RegisteredSupply(
    "casa",
    CUPS,
    CAU,
    3.0,
    contracts(HOME | {"self_consumption": "42", "compensation": {"kind": "none"}}),
    "valle",
    VERSION,
)


def found(stated: dict[str, Any], registered: dict[str, Any]) -> list[str]:
    return list(differences(STATED._replace(**stated), REGISTERED._replace(**registered), TODAY))


def test_what_agrees_has_no_differences() -> None:
    assert found({}, {}) == []


@pytest.mark.parametrize(
    ("stated", "registered", "said"),
    [
        ({}, {"cups": CUPS[:20]}, f"The CUPS is {CUPS} at the distributor, registered is {CUPS[:20]}."),
        ({"tariff": "3.0TD"}, {},
         "The access tariff is 3.0TD at the distributor, the contract of 2026-03-15 has 2.0TD."),
        (
            {"power_kw": (Decimal("3.45"), Decimal("4.6"))}, {},
            "The contracted power is 3.45 · 4.6 kW at the distributor since 2023-01-01, the contract of 2026-03-15 has "
            "4.6 · 4.6.",
        ),
        ({"power_kw": (Decimal("4.604"),)}, {}, ""),  # one for all periods, with three decimals
        ({"self_consumption": "00"}, {}, "The self-consumption is of type 00, the contract of 2026-03-15 has 42."),
        (
            {"maximeter": True}, {},
            "Demand is measured by a maximeter, the contract of 2026-03-15 says otherwise (maximeter: false).",
        ),
        ({"maximeter": None}, {}, ""),
        ({"cau": f"{CUPS}A002"}, {}, f"The CAU is {CUPS}A002 at the distributor, that of valle is {CAU}."),
        ({}, {"cau": ""}, f"No CAU is registered, the distributor's is {CAU}. This registers it: "
                          f"- {{installation_id: valle, cau: {CAU}}}"),
        ({"cau": "ES1A001"}, {},
         "The distributor's CAU can't be taken: 'ES1A001' is no CAU: write a CUPS of 22 characters, A and three "
         "digits, 26 in all."),
        ({"coefficients": (Decimal("0.3"),)}, {},
         "The coefficient is 0.3 at the distributor, in the agreement of valle it is 0.250000."),
        ({}, {"version": None},
         "The coefficient is 0.25 at the distributor, the agreement of valle is not kept: `solera community agree` "
         "keeps it."),
        ({}, {"version": Version(date(2026, 1, 1), hourly={2026: {"casa": [1]}})},
         "The coefficient is 0.25 at the distributor; the agreement of valle has one for each hour, which no "
         "number states."),
        ({}, {"version": Version(date(2026, 1, 1), {"other": 1_000_000})},
         "The coefficient is 0.25 at the distributor, the agreement of valle names no casa."),
        ({"self_consumption": "41", "coefficients": (), "installed_kw": Decimal("4.5")},
         {"community": "", "contracts": contracts(HOME | {"self_consumption": "41"})},
         "The generation installed is 4.5 kW at the distributor, registered is 3 kW."),
    ],
)  # fmt: skip
def test_each_difference_is_one_sentence(stated: dict[str, Any], registered: dict[str, Any], said: str) -> None:
    assert found(stated, registered) == ([said] if said else [])


def test_a_contract_that_nobody_registered_comes_with_its_entry() -> None:
    """With territory and energy added, the entry is one that `solera register` takes."""
    (said,) = found({"cau": "", "coefficients": (), "maximeter": True}, {"contracts": []})
    assert said.startswith("No contract is registered for 2026-03-15, the distributor has one by Solar Coop.")
    (raw,) = yaml.safe_load(said[said.index("- {") :])
    raw["contracts"][0] |= {"territory": "peninsula", "energy": {"kind": "pvpc"}}
    (entry,) = parse_catalogue([raw])
    (contract,) = entry.contracts or []
    assert (contract.since, contract.power_kw) == (date(2023, 1, 1), [Decimal("4.6"), Decimal("4.6")])
    assert (contract.maximeter, contract.self_consumption) == (True, "42")


def test_a_contract_that_has_ended_is_compared_with_that_of_its_last_day() -> None:
    """Its CAU and coefficient are no more: powers alone are compared."""
    before = HOME | {"from": "2022-01-01", "until": "2024-01-01", "power_kw": ["3.3", "3.3"]}
    ended = {"until": date(2024, 1, 1), "self_consumption": "", "cau": f"{CUPS}A009", "coefficients": (Decimal("0.9"),)}
    (said,) = found(ended, {"contracts": contracts(before, HOME | {"from": "2024-01-01"})})
    assert said == (
        "The contracted power is 4.6 · 4.6 kW at the distributor since 2023-01-01, the contract of 2023-12-31 "
        "has 3.3 · 3.3."
    )
