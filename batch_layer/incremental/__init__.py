"""What a night has to do again: the days on which devices sent, and the days that new data affect."""
