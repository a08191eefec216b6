"""AEMET OpenData: its client, its answers, and what is asked for."""
