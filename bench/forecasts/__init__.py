"""What the forecast benches share: their data and their peers."""
