"""What the bench of settlement shares: its communities, its peer, and whether anything was lost."""
