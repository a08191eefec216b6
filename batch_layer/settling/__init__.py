"""The settlement of communities: which member-months to settle, their inputs, and the rows that come out."""
