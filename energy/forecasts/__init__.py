"""Agreements on forecasts: the rungs they rest on, and how their errors are counted."""
