"""The makers of a price forecast by name: parts that learn, and means of parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch_layer.pricing import lasso, perceptron, trees
from batch_layer.pricing.design import Design

LASSO, TREES, PERCEPTRON = "lasso autoregression", "boosted trees", "multilayer perceptron"
MEAN = "mean of lasso autoregression and boosted trees"
WITH_WEATHER, WEATHER_ALONE = " with weather", " on weather alone"
BEST = "best"
ENGINES = {
    BEST: (MEAN, LASSO, TREES),
    "mean": (MEAN,),
    "lasso": (LASSO,),
    "trees": (TREES,),
    "mlp": (PERCEPTRON,),
}
"""The models that the settings may name, and the makers tried for each; the winner of the trial is published."""
FEWEST_DAYS = 60
"""Known days below which the naive forecast stands alone."""
Forecast = Callable[[Design, Design], NDArray[np.float64]]


@dataclass(frozen=True)
class Learner:
    """A model and its inputs. ``lags`` and ``weather`` say what it looks at."""

    engine: str
    days: int | None = None
    lags: bool = True
    weather: bool = False

    @property
    def name(self) -> str:
        """Engine and inputs."""
        inputs = "" if not self.weather else WITH_WEATHER if self.lags else WEATHER_ALONE
        return f"{self.engine}{inputs}"

    def forecast(self, known: Design, wanted: Design) -> NDArray[np.float64]:
        """Prices of ``wanted``, learnt from ``known``; shape (n, 24)."""
        if not self.weather:
            known, wanted = known.without_weather(), wanted.without_weather()
        if self.engine == LASSO:
            return lasso.forecast(known, wanted, self.days or lasso.WINDOWS[-1], self.lags)
        return {TREES: trees.forecast, PERCEPTRON: perceptron.forecast}[self.engine](known, wanted, self.lags)


def learners_of(engines: Sequence[str], weather: bool, alone: bool = False) -> list[Learner]:
    """The parts that ``engines`` are made of; with ``weather`` each also with it, ``alone`` also without prices."""
    learning = {part for engine in engines for part in ((LASSO, TREES) if engine == MEAN else (engine,))}
    learners = []
    for engine in (e for e in (LASSO, TREES, PERCEPTRON) if e in learning):
        for days in lasso.WINDOWS if engine == LASSO else (None,):
            learners.append(Learner(engine, days))
            if weather:
                learners.append(Learner(engine, days, weather=True))
            if weather and alone:
                learners.append(Learner(engine, days, lags=False, weather=True))
    return learners


def forecasts_of(
    engines: Sequence[str], parts: Mapping[Learner, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """The forecasts of ``engines`` by name, out of their parts; a mean is that of its parts."""
    by_name: dict[str, list[NDArray[np.float64]]] = {}
    for part, prices in parts.items():
        by_name.setdefault(part.name, []).append(prices)
    single = {name: np.mean(each, axis=0) for name, each in by_name.items()}
    asked = {name: prices for name, prices in single.items() if name.startswith(tuple(e for e in engines if e != MEAN))}
    if MEAN in engines:
        for inputs in ("", WITH_WEATHER):
            if LASSO + inputs in single and TREES + inputs in single:
                asked[MEAN + inputs] = (single[LASSO + inputs] + single[TREES + inputs]) / 2
    return asked
