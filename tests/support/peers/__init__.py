"""Peers that the product speaks to, answering on this machine: devices and services of others."""
