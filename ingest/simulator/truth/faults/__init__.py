"""Faults put in by a seed: registers, clocks, records and the way in what is received, panels in what is true."""
