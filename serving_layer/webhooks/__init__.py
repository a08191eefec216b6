"""Alarms posted to the URLs of those who may see them."""
