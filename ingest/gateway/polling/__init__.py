"""Polls one device: when, what its clock says of a reading, and whether it sleeps."""
