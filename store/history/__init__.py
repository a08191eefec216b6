"""What held and happened when: memberships of communities, retractions of messages, attempts at sources."""
