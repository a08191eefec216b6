"""The one kind of error that is meant for a person at a terminal."""


class Refusal(Exception):
    """Something a person can put right: its text is one sentence that says what, and what to do."""
