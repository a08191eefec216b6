"""The modalities of self-consumption: the same in the document as in the contracts that they allow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from energy.money.contract import CONTRACTS
from energy.money.modalities import COMPENSATED, MODALITIES
from tests.support.money.bills import AGREED, HOME

DOCUMENT = Path(__file__).parents[4] / "docs" / "money.md"


def test_the_document_has_every_modality() -> None:
    rows = re.findall(r"^\| (\d\d(?:, \d\d)*) \| (.*) \| (none|by contract) \|$", DOCUMENT.read_text("utf-8"), re.M)
    said = {code: (name, may) for codes, name, may in rows for code in codes.split(", ")}
    assert said == {
        code: (each.name, "by contract" if each.is_compensated else "none") for code, each in MODALITIES.items()
    }


@pytest.mark.parametrize("code", MODALITIES)
def test_surplus_is_compensated_where_the_modality_has_it(code: str) -> None:
    supply = HOME | {"self_consumption": code}
    assert CONTRACTS.validate_python([supply | {"compensation": {"kind": "none"}}])
    if code in COMPENSATED:
        assert CONTRACTS.validate_python([supply | {"compensation": AGREED}])
        return
    named = f"self-consumption {code} ({MODALITIES[code].name}) has none, 12, 41, 42, 43 have"
    with pytest.raises(ValidationError, match=re.escape(named)):
        CONTRACTS.validate_python([supply | {"compensation": AGREED}])


@pytest.mark.parametrize("code", ["34", "50", "59", "99"])
def test_what_is_no_modality_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match=f"{code} is no modality; there is 00, 11, 12, 31"):
        CONTRACTS.validate_python([HOME | {"self_consumption": code}])
