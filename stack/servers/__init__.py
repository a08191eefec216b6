"""The servers of one machine as plain processes."""
