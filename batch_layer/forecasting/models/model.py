"""A quantity's model: a forest for hours whose weather is known, one for hours whose weather is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.table import NOT_FEATURES
from batch_layer.forecasting.features.weather import column
from batch_layer.forecasting.models.blend import Mix
from batch_layer.forecasting.models.columns import known_number
from batch_layer.forecasting.models.forest import Forest
from batch_layer.forecasting.quantity import Quantity
from energy.forecasts.scores import NAIVE


@dataclass(frozen=True)
class Model:
    """Forests of one quantity; either may be missing. ``variables`` are the weather's that were learnt from.
    ``centre`` holds the one of ``MIXES`` that a series' median is made by, where it is not the forest's alone.
    ``calibration`` are the shares of outcomes that lay below the quantiles at ``TRIAL_LEVELS`` on trial.
    """

    quantity: Quantity
    with_weather: Forest | None
    without: Forest | None
    variables: tuple[str, ...]
    centre: Mapping[str, Mix] = field(default_factory=dict)
    calibration: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """The name of the model in its forecasts."""
        grown = self.with_weather or self.without
        return f"quantile forest ({grown.engine})" if grown else NAIVE


def features_of(table: DataFrame) -> list[str]:
    """The columns a model may look at."""
    return [name for name in table.columns if name not in NOT_FEATURES]


def has_weather(variables: Sequence[str]) -> Column:
    """Whether an hour's own weather is known, at least by half of its variables."""
    own = [F.col(column(name)) for name in variables]
    known = sum((F.when(known_number(value), 1).otherwise(0) for value in own), start=F.lit(0))
    return known * 2 >= len(own) if own else F.lit(False)
