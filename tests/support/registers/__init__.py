"""Registers as devices show them: plain, faulty, and generated."""
