"""A simulated installation: its panels, what uses energy there, and what stores it."""
