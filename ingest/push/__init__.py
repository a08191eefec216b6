"""Readings that sites push over HTTP, kept on disk before they are answered."""
