"""What tests and benches share: small worlds, hostile input, faults, and plain answers to compare with."""
