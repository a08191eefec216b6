"""Bounds of what one question may take of what all share: turns and memory."""
