"""Histories as people bring them: read, judged hour by hour, made whole."""
