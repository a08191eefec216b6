"""What analysts ask in tests, and the commands that list."""
