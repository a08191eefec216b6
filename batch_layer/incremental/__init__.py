"""The work of a night that is done again: the days on which devices sent, and the days that new data affect."""
