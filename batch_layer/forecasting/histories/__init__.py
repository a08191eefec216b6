"""Histories as people bring them: read, validated hour by hour, made whole."""
