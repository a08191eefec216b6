"""What one question may take of what all share: turns and memory."""
