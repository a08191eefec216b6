"""Takes back what the files of HDFS hold: of an installation, or wrong readings of a device."""
