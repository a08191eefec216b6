"""The pages of who shares: a member's, and a community's."""
