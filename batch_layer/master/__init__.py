"""The master dataset in HDFS: its files, and the validation of what enters it."""
