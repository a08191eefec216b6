"""A backup: the files of HDFS and the tables of Cassandra in a folder, with a manifest that is written last."""
