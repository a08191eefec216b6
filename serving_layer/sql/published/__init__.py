"""The published state, as SQL reads it: one state of the files in HDFS at a time."""
