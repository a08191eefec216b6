"""Takes an installation out of everything that is kept."""
