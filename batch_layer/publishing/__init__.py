"""Publications beside the energy: checks, alarms, drift and provenance."""
