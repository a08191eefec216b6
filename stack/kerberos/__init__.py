"""Kerberos of one machine: a small server that gives HDFS and its clients their tickets, for one principal alone."""
