"""One module a protocol: how a device is reached and what its answers mean."""
