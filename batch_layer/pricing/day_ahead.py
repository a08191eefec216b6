"""The next two days of several markets from the end of what is known, and the record of each maker's trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from batch_layer.pricing import band, candidates, components, track_record
from batch_layer.pricing.candidates import WITH_WEATHER, Learner
from batch_layer.pricing.components import COMPOSED
from batch_layer.pricing.design import DAYS_BACK, ZONE, Design, lay_out
from batch_layer.pricing.issue import banded
from batch_layer.pricing.rolling import Task, solve, stretches
from energy.forecasts.ladder import HISTORY, PERSISTENCE, WEATHER
from energy.forecasts.scores import NAIVE

BLOCKS = 2
"""Days ahead of what is known."""
FEWEST_DAYS = DAYS_BACK + 2
Prices = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Known prices of one market and zone, hourly and gapless (UTC), EUR/MWh."""

    market: str
    zone: str
    values: pd.Series

    @property
    def key(self) -> str:
        """Market and zone."""
        return f"{self.market}/{self.zone}"

    @property
    def has_components(self) -> bool:
        """Whether its tolls are known by rule: the PVPC since 2024."""
        return self.market == "pvpc" and self.values.index[-1] >= components.SINCE + pd.Timedelta(days=FEWEST_DAYS)


@dataclass(frozen=True)
class Hour:
    """Price of the hour that begins at ``start`` (UTC), EUR/MWh."""

    start: pd.Timestamp
    p10: float
    p50: float
    p90: float
    model: str
    step: str


@dataclass(frozen=True)
class Ahead:
    """The forecast of ``market`` from ``days`` known days, and a line of errors a maker, as ``price_skill``."""

    market: Market
    days: int
    hours: list[Hour]
    record: list[tuple[object, ...]]


@dataclass(frozen=True)
class MarketDesign:
    """A market and its designs, one a block; the last origin of each is the one to forecast."""

    market: Market
    values: pd.Series
    designs: list[Design]
    trial: int

    def key(self, block: int) -> str:
        """Name of a block's design."""
        return f"{self.market.key} {block}"


def ahead(
    spark: SparkSession, markets: Sequence[Market], engines: Sequence[str], weather: pd.DataFrame | None
) -> list[Ahead]:
    """Forecast every market that at least a day is known of; those too short for a model by the naive forecast."""
    designed = [design_market(market, weather) for market in markets if market.values.notna().sum() >= 24]
    designs = {each.key(block): design for each in designed for block, design in enumerate(each.designs)}
    tasks = [
        task
        for each in designed
        if each.trial
        for block, design in enumerate(each.designs)
        for part in candidates.learners_of(engines, design.has_weather)
        for task in _tasks(each, block, part)
    ]
    prices = solve(spark, designs, tasks)
    forecasts: dict[str, dict[str, Prices]] = {
        key: candidates.forecasts_of(engines, prices.get(key, {})) for key in designs
    }
    for each in designed:
        _add_composed(each, designed, designs, forecasts)
    return [_ahead(each, [forecasts[each.key(block)] for block in range(BLOCKS)]) for each in designed]


def design_market(market: Market, weather: pd.DataFrame | None) -> MarketDesign:
    """The market's designs: an origin a day, the last one at the end of what is known."""
    values = market.values
    if market.has_components:
        values = values[values.index >= components.SINCE]
        values = values - components.tolls(values.index.tz_localize(None).to_numpy(), market.zone)[0]
    origin = values.last_valid_index() + pd.Timedelta("1h")
    days = (origin - values.first_valid_index()) // pd.Timedelta("1D")
    if days < FEWEST_DAYS:  # days before the first are copies of it: enough for the naive forecast
        first = values.ffill().bfill().iloc[:24]
        before = [first.set_axis(first.index - pd.Timedelta(days=n)) for n in range(FEWEST_DAYS - days + 1, 0, -1)]
        values = pd.concat([*before, values])
    begin = values.index[0] + pd.Timedelta(days=DAYS_BACK + 1)
    count = (origin - begin) // pd.Timedelta("1D")
    # By the clock of the market, so that a day's origin knows as much in summer as in winter.
    origins = pd.date_range(end=origin.tz_convert(ZONE), periods=count + 1, freq="D").tz_convert("UTC")
    designs = [lay_out(values, origins, ZONE, block, weather) for block in range(BLOCKS)]
    fit = days - DAYS_BACK - band.DAYS >= candidates.FEWEST_DAYS
    return MarketDesign(market, values, designs, len(origins) - 1 - band.DAYS if fit else 0)


def _tasks(each: MarketDesign, block: int, part: Learner) -> list[Task]:
    """The fits of the trial, whose days are forecast as if they were to come, and the one for the days that are."""
    last = len(each.designs[block].origins) - 1
    key = each.key(block)
    return [*stretches(key, part, each.trial, last), Task(key, part, last, last, last + 1)]


def _add_composed(
    each: MarketDesign,
    designed: Sequence[MarketDesign],
    designs: dict[str, Design],
    forecasts: dict[str, dict[str, Prices]],
) -> None:
    """The PVPC out of the spot market's forecast, where both are known up to the same hour."""
    market = next((m for m in designed if m.market.market == "spot" and m.market.zone == "ES"), None)
    if not each.market.has_components or market is None or not market.trial or not each.trial:
        return
    if market.designs[0].origins[-1] != each.designs[0].origins[-1]:
        return
    others = components.rest(each.values, market.values, each.market.zone)
    for block, design in enumerate(each.designs):
        spot = market.designs[block]
        chosen = track_record.winner_of(spot, forecasts[market.key(block)], track_record.past(spot, -1))
        prices = {**forecasts[market.key(block)], NAIVE: spot.naive}[chosen]
        aligned = pd.DataFrame(prices, index=spot.origins).reindex(design.origins).to_numpy()
        of_rest = lay_out(others, design.origins, ZONE, block)
        forecasts[each.key(block)][COMPOSED] = components.compose(design, of_rest, aligned, each.market.zone)


def _ahead(each: MarketDesign, forecasts: list[dict[str, Prices]]) -> Ahead:
    hours: list[Hour] = []
    for block, (design, by_maker) in enumerate(zip(each.designs, forecasts, strict=True)):
        over = track_record.past(design, -1)
        name = track_record.winner_of(design, by_maker, over)
        candidates = {**by_maker, NAIVE: design.naive}
        if np.isnan(candidates[name][-1]).any():
            name = NAIVE
        quantiles = banded(design, candidates[name], -1, track_record.LEVELS)
        hours += _hours(each.market, design.times[-1], quantiles, name)
        if block == 0:
            lines = track_record.lines(design, candidates, over, name)
    days = int((each.market.values.notna().sum()) // 24)
    return Ahead(each.market, days, hours, lines)


def _hours(market: Market, times: NDArray[np.datetime64], quantiles: Prices, name: str) -> list[Hour]:
    step = PERSISTENCE if name == NAIVE else WEATHER if name.endswith(WITH_WEATHER) else HISTORY
    tolls, stands_in = np.zeros(len(times)), np.zeros(len(times), dtype=bool)
    if market.has_components:
        tolls, stands_in = components.tolls(times, market.zone)
    hours = []
    for time, row, guessed in zip(times, quantiles + tolls[:, None], stands_in, strict=True):
        p10, p50, p90 = (float(value) for value in row)
        rung = f"{step}, {components.STANDS_IN}" if guessed else step
        hours.append(Hour(pd.Timestamp(time, tz="UTC"), p10, p50, p90, name, rung))
    return hours
