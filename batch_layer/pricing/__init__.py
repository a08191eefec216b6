"""The price forecast's core: the known data at an origin, the models, their record and band; no clock in it."""
