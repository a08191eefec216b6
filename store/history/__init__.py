"""What happened when: messages were taken back, sources were asked."""
