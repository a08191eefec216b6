"""Query ``energy``: the provisional energy of what new readings affect."""
