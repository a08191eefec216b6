"""What every HTTP server of the platform shares: bounds of a request, and problems as its errors."""
