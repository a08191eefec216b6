"""Shared by the HTTP servers of the platform: bounds of a request, and problems as its errors."""
