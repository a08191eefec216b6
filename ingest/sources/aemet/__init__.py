"""AEMET OpenData: its client, its answers, and the questions."""
