"""The measurements, each beside its peer: ``solera bench NAME``."""
