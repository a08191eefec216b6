"""A simulated world as devices, brokers and services show theirs: one module a protocol, all on loopback."""
