"""The gateway: polls devices, keeps each reading on disk, sends it, forgets it."""
