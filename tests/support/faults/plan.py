"""How often and how long, from the environment; what is not said there is what the figures ask for."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plan:
    """``SOLERA_KILLS`` of each part, ``SOLERA_NIGHT_KILLS`` of the night, ``SOLERA_AWAY_SECONDS`` without a broker,
    ``SOLERA_RATE`` readings a second, ``SOLERA_SEED``, and the ``SOLERA_FAULT_SECONDS`` after which no kill begins."""

    kills: int = field(default_factory=lambda: int(os.environ.get("SOLERA_KILLS", "5")))
    night_kills: int = field(default_factory=lambda: int(os.environ.get("SOLERA_NIGHT_KILLS", "20")))
    away_s: float = field(default_factory=lambda: float(os.environ.get("SOLERA_AWAY_SECONDS", "600")))
    rate: float = field(default_factory=lambda: float(os.environ.get("SOLERA_RATE", "500")))
    seed: int = field(default_factory=lambda: int(os.environ.get("SOLERA_SEED", random.randrange(10**6))))
    budget_s: float = field(default_factory=lambda: float(os.environ.get("SOLERA_FAULT_SECONDS", "7200")))
    began: float = field(default_factory=time.monotonic)

    @property
    def has_time(self) -> bool:
        """Whether another kill may begin."""
        return time.monotonic() - self.began < self.budget_s
