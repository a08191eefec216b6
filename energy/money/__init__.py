"""Tariffs, the PVPC and the sharing of energy, as dated rules."""
