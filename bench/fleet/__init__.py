"""A fleet whose year is asked by SQL, and who asks."""
