"""The SQL tables and views of database ``solera``."""
