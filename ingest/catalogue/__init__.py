"""The catalogue file: its entries, how it is read, and how it is registered."""
