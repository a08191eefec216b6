"""Downloads that are made once: Java and the pinned jars."""
