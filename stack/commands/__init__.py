"""One file a command of ``solera``: parse, call the layer, print."""
