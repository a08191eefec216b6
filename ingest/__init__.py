"""Brings data in: each source's wire format to the records of the Kafka topics; validates nothing, loses nothing."""
