"""The feature table: the data known at each issue, one row an hour to forecast."""
