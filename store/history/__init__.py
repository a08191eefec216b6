"""What held and happened when: memberships, capacities, retractions of messages, attempts at sources."""
