"""Hadoop beside its files: who comes, and how it fares."""
