"""What the speed bench runs and measures."""
