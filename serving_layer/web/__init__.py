"""The page: each installation now, today's curve, tomorrow's forecast."""
