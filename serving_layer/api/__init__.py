"""The REST interface: one router a subject."""
