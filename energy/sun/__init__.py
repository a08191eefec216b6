"""The sun: where it stands and what it can give."""
