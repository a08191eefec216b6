"""Where each server of the cluster listens: a loopback address of its own and the usual ports, but for DataNodes."""

from __future__ import annotations

BROKERS = ("127.0.0.11", "127.0.0.12", "127.0.0.13")
NODES = ("127.0.0.21", "127.0.0.22", "127.0.0.23")
NAMENODE = "127.0.0.31"
DATANODE = "127.0.0.1"
DATANODE_PORTS = (30_100, 30_200)
"""The NameNode knows a DataNode by the address from which it calls, and that is the same for all on one machine."""
MASTER = "127.0.0.41"
WORKERS = ("127.0.0.42", "127.0.0.43")
RESOURCEMANAGER = "127.0.0.44"
NODEMANAGERS = ("127.0.0.45", "127.0.0.46")
DRIVER = "127.0.0.51"
NIGHT = "127.0.0.52"
API = "127.0.0.61"
