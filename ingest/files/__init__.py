"""Records out of files."""
