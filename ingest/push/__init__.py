"""What sites push: readings over HTTP, kept on disk before they are answered."""
