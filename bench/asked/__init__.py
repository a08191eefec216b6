"""A year of a fleet that is asked by SQL, and who asks."""
