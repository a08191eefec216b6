"""Which merged values and shared hours a bill takes, and which of them it calls measured."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from conf.tariffs import tariffs
from energy.calendar import MADRID
from energy.money.billing.days import calendar
from energy.money.community.sharing import Shared
from energy.money.netting import Flow
from serving_layer.views.merge import Value
from serving_layer.views.money.bills import NotBilled, flows, share_windows
from tests.support.money.bills import HOME, contracts

START = datetime(2026, 3, 25, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("method", "completeness", "cause", "flow"),
    [
        ("measured", 1.0, "", Flow(250_500, True)),
        ("official", 1.0, "", Flow(250_500, True)),
        ("spread", 1.0, "", Flow(250_500, True, False)),  # an hour that a distributor states as a whole
        ("spread", 1.0, "gap", Flow(250_500, False, False)),
        ("integrated", 1.0, "", Flow(250_500, False)),
        ("estimated", 1.0, "", Flow(250_500, False)),
        ("measured", 0.5, "", Flow(250_500, False)),
        ("measured", 0.0, "", None),
    ],
)
def test_a_value_is_measured_estimated_or_no_value(
    method: str, completeness: float, cause: str, flow: Flow | None
) -> None:
    value = Value(START, 250.5, "batch", "run", completeness, method, None, None, cause)
    assert flows([value]).get(START) == flow


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"conventions": {"netting_minutes": 15}}, "shares are of hours, the contract offsets"),
        ({"territory": "canarias"}, "the contract's clock is not that of the agreement"),
    ],
)
def test_a_share_of_hours_is_not_billed_in_other_windows(stated: dict[str, Any], said: str) -> None:
    """Not an incomplete bill of the hours that fit, as if readings were missing."""
    of = calendar(tariffs(), contracts(HOME | stated), date(2026, 6, 1), date(2026, 6, 2))
    whole = {start: Shared(1, 1, 0, 1) for start in of.windows()}
    with pytest.raises(NotBilled, match=said):
        share_windows(of, MADRID, whole)
    own = calendar(tariffs(), contracts(HOME), date(2026, 6, 1), date(2026, 6, 2))
    assert all(
        window.is_known for window in share_windows(own, MADRID, dict.fromkeys(own.windows(), Shared(1, 1, 0, 1)))
    )
