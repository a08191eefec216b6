"""Forecasts of days gone by from a history of anyone's own: one engine for energy, one for prices."""
