"""The dated rules of a bill: the rows of the ``.toml`` files beside, read whole and checked."""

from conf.tariffs.load import tariffs
from conf.tariffs.rows import TariffError

__all__ = ["TariffError", "tariffs"]
