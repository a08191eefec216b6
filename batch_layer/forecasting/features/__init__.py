"""The feature table: what was known at each issue, one row an hour to forecast."""
