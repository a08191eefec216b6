"""Where the sun stands and what it can give."""
