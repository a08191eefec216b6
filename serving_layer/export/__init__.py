"""Copies for those whose dashboards live in another data base."""
