"""The servers and processes of one machine, and the command line."""
