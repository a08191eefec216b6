"""Histories of what held and happened: memberships, capacities, retractions of messages, attempts at sources."""
