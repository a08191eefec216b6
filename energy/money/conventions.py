"""Rules of a bill that retailers apply differently, or that no text settles."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a contract; it has no fields but those named."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Conventions(Part):
    """Every bill names those it applied."""

    netting_minutes: Literal[15, 60] = 60
    """The window in which import and export are offset."""
    negative_surplus: Literal["month", "hour"] = "month"
    """The bound of negative surplus prices: the month's worth of surplus is not below 0, or no hour's is."""
    cap: Literal["energy_term", "energy_without_tolls"] = "energy_term"
    """The amount that the compensated surplus can't exceed."""
    year_days: Literal["365", "calendar"] = "365"
    """The divisor of a yearly price in leap years."""
    funding_in_tax_base: bool = True
    """Whether the electricity tax is owed on the funding of the social bonus (DGT V2340-22)."""
    canary_pvpc: Literal["clock", "instant"] = "clock"
    """The hour of the PVPC in Canarias: the same one of the peninsula's clock, or the same instant."""
