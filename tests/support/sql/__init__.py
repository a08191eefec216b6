"""The SQL server as its clients meet it: how one asks, and statements that are answered or refused."""
