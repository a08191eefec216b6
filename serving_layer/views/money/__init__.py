"""Bills, and why they differ: one file a question."""
