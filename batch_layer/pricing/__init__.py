"""The price forecast's core: what was known at an origin, the models, their record and band; no clock in it."""
