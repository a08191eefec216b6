"""Collective self-consumption: coefficients by date, their official file, and each member's share of every hour."""
