"""What benchmarks watch beside their work."""
