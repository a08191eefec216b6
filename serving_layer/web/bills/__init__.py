"""The page of a bill: its lines, what they rest on, and why an official bill differs."""
