"""What a simulated installation is: its panels, what uses energy there, and what stores it."""
