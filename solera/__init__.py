"""Solera for whoever analyses: answers of REST and SQL as DataFrames of pandas."""
