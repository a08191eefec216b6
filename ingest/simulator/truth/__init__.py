"""Installations whose energy is known, what their devices say of it, and the faults on the way."""
