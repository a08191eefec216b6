"""Programs of others, each run by a Python that has it: SOLERA_PEERS names that one. What they say is JSON."""
