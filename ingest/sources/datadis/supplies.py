"""The supplies that a login sees, its own and those it is authorised for; asked once a day at most."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests

from ingest.sources.budget import Budget, Came
from ingest.sources.datadis.client import HOLD, Datadis, DatadisError, LoginRefused, reached_nobody
from store.reports import replace_text

AUTHORISED = "DATADIS_AUTHORISED_NIFS"
"""NIFs, with commas between, that have authorised the login."""
E_DISTRIBUCION = "2"
FILE = "supplies.json"


class Supply(NamedTuple):
    """A supply: its CUPS, whose distributor has it, its type of point, since when and until when (local days)."""

    cups: str
    distributor: str
    point_type: int
    valid_from: str
    valid_to: str
    nif: str
    """The NIF that has authorised the login; "" for its own."""

    @property
    def minutes(self) -> int:
        """Length of its periods: quarter-hours for points of type 1 and 2, at e-distribución also 3."""
        has_quarters = self.point_type in (1, 2) or (self.point_type == 3 and self.distributor == E_DISTRIBUCION)
        return 15 if has_quarters else 60

    def is_valid_in(self, month: date) -> bool:
        """Whether it was the holder's in any day of the month; blanks are no bound."""
        name = f"{month:%Y/%m}"
        return (self.valid_from[:7] or name) <= name <= (self.valid_to[:7] or name)

    @property
    def named(self) -> dict[str, str]:
        """The parameters that name it."""
        authorised = {"authorizedNif": self.nif} if self.nif else {}
        return {"cups": self.cups, "distributorCode": self.distributor, **authorised}

    def asking(self, month: date) -> dict[str, str]:
        """The parameters that ask for its month."""
        span = {"startDate": f"{month:%Y/%m}", "endDate": f"{month:%Y/%m}"}
        return {**self.named, **span, "pointType": str(self.point_type)}


def supplies(datadis: Datadis, budget: Budget, memory: Path, now: datetime) -> list[Supply]:
    """The supplies that the login sees; those of before within a day of the answer, or where there is none.

    Raises what :meth:`Datadis.ask` raises, :class:`DatadisError` where they can't be asked and are not remembered.
    """
    known: dict[str, list[list[Any]]] = remembered(memory)
    for nif in ["", *filter(None, os.environ.get(AUTHORISED, "").replace(" ", "").split(","))]:
        question = f"supplies {nif}".strip()
        last = budget.last(question)
        # Nobody gives up asking what there is.
        if last is None or now >= (last.again or last.at + HOLD):
            try:
                known[nif] = [list(each) for each in _asked(datadis, budget, question, nif, now)]
            except DatadisError as error:
                if isinstance(error, LoginRefused) or nif not in known:
                    raise
            replace_text(memory, json.dumps(known))
    found = [Supply(*values) for each in known.values() for values in each]
    if not found:
        raise DatadisError("Datadis shows no supply to this login; it is asked again tomorrow")
    return found


def _asked(datadis: Datadis, budget: Budget, question: str, nif: str, now: datetime) -> list[Supply]:
    asking = {"authorizedNif": nif} if nif else {}
    rows, word = within(budget, datadis, question, now, lambda: datadis.ask("get-supplies-v2", asking, "supplies"))
    found = [supply for row in rows if (supply := _supply(row, nif)) is not None]
    came = Came.ANSWER if found else Came.NOTHING
    budget.end(question, now, f"{len(found)} supplies{'; ' + word if word else ''}", came)
    return found


def within(
    budget: Budget, datadis: Datadis, question: str, now: datetime, ask: Callable[[], tuple[list[Any], str]]
) -> tuple[list[Any], str]:
    """The answer of ``ask``, its attempt noted before and its failure behind it; a login that fails costs none."""
    datadis.enter()
    budget.begin(question, now)
    try:
        return ask()
    except DatadisError as error:
        budget.end(question, now, str(error), error.came)
        raise
    except requests.RequestException as error:
        if reached_nobody(error):
            budget.take_back(question)
        raise


def _supply(row: Any, nif: str) -> Supply | None:
    """The supply; None for a row of blanks."""
    if not isinstance(row, dict) or not str(row.get("cups") or "").strip():
        return None
    kind = str(row.get("pointType") or "5")
    valid = (str(row.get("validDateFrom") or ""), str(row.get("validDateTo") or ""))
    point = int(kind) if kind.isdecimal() else 5
    return Supply(str(row["cups"]).strip(), str(row.get("distributorCode") or "").strip(), point, *valid, nif)


def remembered(memory: Path) -> dict[str, Any]:
    """The object that the file holds; an empty one where there is no file, or one that is damaged."""
    try:
        found: dict[str, Any] = json.loads(memory.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found
