"""What others have totalled: which statement holds when, and the quarter-hours it gives."""
