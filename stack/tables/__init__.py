"""Tables that a command prints of long work."""
