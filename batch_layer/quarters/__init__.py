"""Energy by quarter-hour: totals of an installation's days, the view of all runs, its gaps and revisions."""
