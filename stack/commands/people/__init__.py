"""Commands about the people and services that are given access."""
