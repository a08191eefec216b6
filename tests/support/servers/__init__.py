"""Servers of the product at work for a test."""
