"""What is fetched once: Java and the pinned jars."""
