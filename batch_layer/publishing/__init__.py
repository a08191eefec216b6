"""What is published beside the energy: checks, alarms, drift and provenance."""
