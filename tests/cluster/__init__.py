"""A cluster of three brokers, three Cassandra nodes, HDFS and Spark on one machine, hurt under load."""
