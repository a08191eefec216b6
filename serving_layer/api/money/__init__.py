"""REST over money: bills, and the shares of a community."""
