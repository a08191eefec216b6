"""Benchmarks of bills and shares."""
