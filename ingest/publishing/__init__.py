"""The one way into Kafka."""
