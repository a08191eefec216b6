"""The one door: who asks, and for which installation."""
