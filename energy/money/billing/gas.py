"""The gas adjustment (Real Decreto-ley 10/2022): a line of its own where a price was agreed on once it was announced.

The PVPC and the market's price hold it. What it came to is not known here, so a bill that may owe it says so.
"""

from __future__ import annotations

from datetime import date

from energy.money.billing.days import Calendar

GAS = "gas adjustment"
ANNOUNCED = date(2022, 4, 26)
SINCE, UNTIL = date(2022, 6, 15), date(2024, 1, 1)
AGREED = ("fixed", "flat")


def gas_left_out(of: Calendar) -> str:
    """The reason why an adjustment that may be owed is in no line; "" where none is."""
    held = (day.contract for day in of.days if SINCE <= day.date < UNTIL)
    owing = any(each.energy.kind in AGREED and each.since > ANNOUNCED for each in held)
    return "its price is not known here" if owing else ""
