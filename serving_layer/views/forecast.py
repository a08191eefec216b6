"""The newest published forecast of an installation, and how right such forecasts have been."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from conf.refusal import Refusal
from serving_layer.reader import Reader
from store.instants import utc, utc_or_none
from store.runs import Published

HORIZON_DAYS = 3
"""UTC days an issue may touch: 48 hours from any instant."""
ISSUES_TRIED = 14
"""An installation without a forecast for so many issues is said to have none."""

_FORECAST = (
    "SELECT time, issued_at, run_id, p10, p50, p90, model, step FROM forecast "
    "WHERE installation_id = ? AND quantity = ? AND day = ?"
)
_SKILL = (
    "SELECT quantity, run_id, days, hours, basis, mae_wh, mae_yesterday_wh, mae_last_week_wh, rmse_wh, coverage_p10, "
    "coverage_p50, coverage_p90, pinball_wh, beats_naive, published_model FROM forecast_skill "
    "WHERE installation_id = ? AND quantity = ?"
)
_ERRORS = (
    "SELECT quantity, slice_by, slice, run_id, hours, mae_wh, mae_yesterday_wh, mae_last_week_wh, rmse_wh, bias_wh "
    "FROM forecast_error WHERE installation_id = ? AND quantity = ?"
)


class ForecastHour(NamedTuple):
    """Energy in Wh of the hour that begins at ``time`` (UTC); ``step`` is the rung of the ladder it rests on."""

    time: datetime
    p10_wh: float
    p50_wh: float
    p90_wh: float
    model: str
    step: str
    run_id: str


@dataclass(frozen=True)
class Forecast:
    """One issue: the forecast made at ``issued_at`` (UTC)."""

    issued_at: datetime
    values: tuple[ForecastHour, ...]

    @property
    def model(self) -> str:
        """The models of its hours, in the order of their first use."""
        return ", ".join(dict.fromkeys(hour.model for hour in self.values))

    @property
    def step(self) -> str:
        """The rungs of the ladder its hours rest on, in the order of their first use."""
        return ", ".join(dict.fromkeys(hour.step for hour in self.values))


class NoForecast(Refusal):
    """No published run holds a forecast of this installation and quantity."""

    kind = "no-forecast"
    status = 404


def newest(
    reader: Reader,
    installation_id: str,
    quantity: str,
    visible: Published,
    issued_before: datetime | None = None,
) -> Forecast:
    """The newest issue of the ``visible`` runs, that before ``issued_before`` (UTC) where given.

    Raises :class:`NoForecast`.
    """
    for issued_at in issues(visible, issued_before)[:ISSUES_TRIED]:
        days = [issued_at.date() + timedelta(days=n) for n in range(HORIZON_DAYS)]
        answers = reader.each(_FORECAST, [(installation_id, quantity, day) for day in days])
        hours = one_issue((row for rows in answers for row in rows), issued_at, visible)
        if hours:
            return Forecast(issued_at, tuple(hours))
    before = "" if issued_before is None else f" issued before {issued_before:%Y-%m-%dT%H:%M:%SZ}"
    raise NoForecast(
        f"There is no published forecast of {quantity} for {installation_id}{before}; `solera nightly` makes one."
    )


def issues(visible: Published, issued_before: datetime | None) -> list[datetime]:
    """Instants at which the visible runs issued forecasts, newest first."""
    return sorted((at for at in visible.issues if issued_before is None or at < issued_before), reverse=True)


def one_issue(rows: Iterable[Any], issued_at: datetime, visible: Published) -> list[ForecastHour]:
    """The hours of one issue, by time; where several published runs stated them, as the newest did."""
    hours: dict[datetime, ForecastHour] = {}
    for row in rows:
        if row.run_id not in visible.run_ids or utc_or_none(row.issued_at) != issued_at:
            continue
        time = utc(row.time)
        if time not in hours or row.run_id > hours[time].run_id:
            hours[time] = ForecastHour(time, row.p10, row.p50, row.p90, row.model, row.step, row.run_id)
    return [hours[time] for time in sorted(hours)]


def skill(reader: Reader, installation_id: str, quantities: Iterable[str], visible: Published) -> list[dict[str, Any]]:
    """The errors (Wh) of each quantity that the newest published run states, beside the naive forecasts'."""
    answers = reader.each(_SKILL, [(installation_id, quantity) for quantity in quantities])
    newest_rows = [
        max(published, key=lambda row: str(row.run_id))
        for rows in answers
        if (published := [row for row in rows if row.run_id in visible.run_ids])
    ]
    return [row._asdict() for row in newest_rows]


def errors(
    reader: Reader, installation_id: str, quantities: Iterable[str], visible: Published, slice_by: str
) -> list[dict[str, Any]]:
    """The errors (Wh) of each quantity by ``slice_by``: ``horizon``, as the newest published run states them, or
    ``month``, as the one that saw most hours of the month does."""
    best: dict[tuple[str, str], Any] = {}
    for rows in reader.each(_ERRORS, [(installation_id, quantity) for quantity in quantities]):
        for row in rows:
            if row.run_id not in visible.run_ids or row.slice_by != slice_by:
                continue
            key = (row.quantity, row.slice)
            if key not in best or _rank(row) > _rank(best[key]):
                best[key] = row
    return [best[key]._asdict() for key in sorted(best)]


def _rank(row: Any) -> tuple[int, str]:
    return (row.hours if row.slice_by == "month" else 0, str(row.run_id))
