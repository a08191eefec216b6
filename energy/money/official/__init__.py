"""Somebody else's bill of the same supply, and why it differs from ours."""
