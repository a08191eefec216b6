"""docker-compose.yml as a person starts it, shown to work: `make containers`, apart from the tests of pytest."""
