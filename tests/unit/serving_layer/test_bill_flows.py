"""Which merged values a bill takes, and which of them it calls measured."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from energy.money.netting import Flow
from serving_layer.views.merge import Value
from serving_layer.views.money.bills import flows

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
