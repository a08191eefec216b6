"""Benchmarks of what comes in: devices, files, pushed readings, and parsers fed with noise."""
