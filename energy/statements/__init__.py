"""Statements of energy that others have totalled: which one holds when, and the quarter-hours it gives."""
