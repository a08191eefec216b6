"""The view of energy: the batch side's before the cut, the speed view's from it on and where no run states it."""

from __future__ import annotations

from pathlib import Path

from conf import Settings
from energy.records import QUANTITIES
from serving_layer.sql.published.speed_keys import SPEED_AGE
from serving_layer.sql.published.statements import statements_of
from store.spark import CATALOG

VIEW = Path(__file__).with_name("energy.sql")
BY_KEY = f"{CATALOG}_by_key"
"""The same tables as ``CATALOG``'s, joined by asking Cassandra for each key instead of reading the table."""
SHORTEST = 28
"""Days of a month."""


def speed_view(settings: Settings) -> str:
    """Cassandra's table of the speed view by its name in SQL."""
    return f"{BY_KEY}.{settings.cassandra.keyspace}.energy_speed"


def statements(in_database: str, speed: str, cut: str, live: str, open_: str) -> list[str]:
    """Statements that make it in a database; ``speed`` is the speed view, ``live`` and ``open_`` its keys."""
    return statements_of(
        VIEW.read_text(encoding="utf-8"),
        in_database,
        speed=speed,
        cut=cut,
        live=live,
        open=open_,
        quantities=", ".join(f"'{name}'" for name in QUANTITIES),
        month=_month(),
    )


def _month() -> str:
    """The month of a row ``s`` of the speed view, as one of those that it may have.

    A condition on ``month`` that none of them meets is false before Cassandra is asked even for the table's columns.
    """
    (*others, oldest) = (
        f"add_months(trunc(current_date(), 'MM'), {-back})" for back in range(-1, SPEED_AGE.days // SHORTEST + 2)
    )
    return f"CASE date_add(s.month, 0) {' '.join(f'WHEN {each} THEN {each}' for each in others)} ELSE {oldest} END"
