"""Quantile regression forests, what centres and calibrates them, and where they are kept."""
