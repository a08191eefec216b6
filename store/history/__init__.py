"""What held when: retractions of messages."""
