"""A local day, week, month or year of an installation: its energy, its totals and its chart."""
