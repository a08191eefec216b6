"""Charts, each a module that gives a ``Plot`` of what it is handed."""
