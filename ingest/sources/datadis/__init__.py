"""Datadis: the hours of Spanish meters as their distributors state them."""
