"""Sources that can be asked again: weather and prices."""
