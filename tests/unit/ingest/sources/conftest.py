"""The local servers that answer as AEMET and the sources of prices do, for every test of this folder."""

from tests.unit.ingest.sources.test_aemet import aemet, service, waits
from tests.unit.ingest.sources.test_price_sources import sources

__all__ = ["aemet", "service", "sources", "waits"]
