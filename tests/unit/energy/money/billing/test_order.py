"""A bill is the same, byte for byte, in whatever order its hours, prices and contracts come."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from conf.tariffs import tariffs
from energy.money.billing.bill import bill
from energy.money.billing.days import calendar
from energy.money.contract import CONTRACTS
from energy.money.market import PVPC, SPOT, SURPLUS, Market
from energy.money.netting import Net
from energy.money.saving import without_sharing
from serving_layer.api.answers import as_csv, as_json
from serving_layer.views.money.bills import Billed
from serving_layer.views.money.rows import LINE_COLUMNS, fields, line_rows
from tests.support.money.bills import HOME

DAYS = date(2026, 6, 1), date(2026, 7, 1)
INDEXED = {"kind": "indexed", "markup_eur_kwh": ["0.01"], "losses": True}
SOLD = {"kind": "surplus"}
STATED: list[dict[str, Any]] = [
    HOME | {"from": "2026-01-01", "until": "2026-06-11", "energy": {"kind": "pvpc"}, "compensation": SOLD},
    HOME | {"from": "2026-06-11", "until": "2026-06-20", "energy": INDEXED, "compensation": SOLD},
    HOME | {"from": "2026-06-20", "energy": {"kind": "flat", "price_eur_kwh": "0.14"}, "power_kw": ["5.75", "3.45"]},
]


def written(seed: int | None) -> tuple[bytes, bytes]:
    """The bill as JSON and CSV, all that goes in being shuffled by the ``seed``."""
    made = random.Random(1)
    stated = list(STATED)
    starts = calendar(tariffs(), CONTRACTS.validate_python(stated), *DAYS).windows()
    windows = []
    for start in starts:
        net = made.randrange(-900_000, 1_500_000)
        is_known, is_measured = made.random() > 0.01, made.random() > 0.05
        windows.append(Net(start, max(net, 0), max(-net, 0), max(net, 0) + 1000, is_measured, is_known))
    quotes = {name: [(start, made.randrange(-20_000, 200_000)) for start in starts] for name in (PVPC, SPOT, SURPLUS)}
    if seed is not None:
        shuffled: list[list[Any]] = [stated, windows, *quotes.values()]
        for each in shuffled:
            random.Random(seed).shuffle(each)
    of, market = (
        calendar(tariffs(), CONTRACTS.validate_python(stated), *DAYS),
        Market({name: dict(prices) for name, prices in quotes.items()}),
    )
    without = without_sharing(of, windows)
    plain = None if without is None else bill(tariffs(), *without, market)
    found = Billed(bill(tariffs(), of, windows, market), of, windows, plain)
    return bytes(as_json(fields(found)).body), bytes(as_csv(LINE_COLUMNS, line_rows(found)).body)


@pytest.mark.parametrize("seed", range(3))
def test_order_changes_nothing(seed: int) -> None:
    assert written(seed) == written(None)
    assert b"compensation" in written(seed)[1]
