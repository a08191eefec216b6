"""Kafka, Cassandra and HDFS as ``solera up`` starts them, with what a server of several has otherwise."""

from __future__ import annotations

import base64
import socket
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import requests
import yaml

from conf import Settings
from stack.process import Service
from stack.servers import cassandra, hdfs, kafka
from store.cassandra import session
from tests.cluster import settings as of
from tests.cluster.addresses import BROKERS, DATANODE, DATANODE_PORTS, NAMENODE, NODES
from tests.cluster.settings import Passwords

_SHARED_BROKER = """
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
default.replication.factor=3
min.insync.replicas=2
"""
_ALONE = "-Dcassandra.skip_wait_for_gossip_to_settle"
"""The option of a node that has no others to hear of."""


def brokers(settings: Settings, root: Path, passwords: Passwords) -> list[Service]:
    """The brokers, each a controller as well: replication 3, two in sync."""
    cluster_id = base64.b64encode(uuid.uuid4().bytes, altchars=b"AB").decode().rstrip("=")
    return [_broker(of.broker(settings, root, number, passwords), number, cluster_id) for number in range(len(BROKERS))]


def _broker(settings: Settings, number: int, cluster_id: str) -> Service:
    plain, conf = kafka.service(settings), settings.kafka
    voters = ",".join(f"{n}@{address}:{conf.controller_port}" for n, address in enumerate(BROKERS, 1))

    def prepare() -> None:
        properties = kafka.configure(settings, settings.home / "conf" / "kafka")
        with properties.open("a") as file:
            # Of two lines with one name the last counts.
            file.write(f"\nnode.id={number + 1}\ncontroller.quorum.voters={voters}\n{_SHARED_BROKER}")
        if not (settings.home / "data" / "kafka" / "meta.properties").is_file():
            kafka.format_data(settings, properties, cluster_id)

    return replace(plain, name=f"broker-{number + 1}", prepare=prepare, ready=_listens(conf.host, conf.port))


def nodes(settings: Settings, root: Path, passwords: Passwords) -> list[Service]:
    """The Cassandra nodes, of which each knows the others."""
    return [_node(of.node(settings, root, number, passwords), number) for number in range(len(NODES))]


def _node(settings: Settings, number: int) -> Service:
    plain, conf = cassandra.service(settings), settings.cassandra

    def prepare() -> None:
        plain.prepare()
        path = settings.home / "conf" / "cassandra" / "cassandra.yaml"
        written = yaml.safe_load(path.read_text())
        seeds = ",".join(f"{address}:{conf.storage_port}" for address in NODES)
        written["seed_provider"][0]["parameters"][0]["seeds"] = seeds
        path.write_text(yaml.safe_dump(written))

    def ready() -> None:
        with session(settings, keyspace=None) as asked:
            peers = asked.execute("SELECT peer FROM system.peers_v2").all()
        if len(peers) < number:
            raise ConnectionError(f"{conf.host} knows {len(peers)} others")

    command = tuple(each for each in plain.command if not each.startswith(_ALONE))
    return replace(plain, name=f"node-{number + 1}", command=command, prepare=prepare, ready=ready)


def files(settings: Settings, root: Path) -> list[Service]:
    """NameNode and DataNodes; two replicas of each block."""
    shared = {"host": NAMENODE, "replication": len(DATANODE_PORTS), "login": False}
    found = [hdfs.namenode(of.server(settings, root, "namenode", hdfs=shared))]
    for number, port in enumerate(DATANODE_PORTS, 1):
        ports = {"datanode_port": port, "datanode_http_port": port + 1, "datanode_ipc_port": port + 2}
        own = of.server(settings, root, f"datanode-{number}", hdfs=shared | ports | {"datanode_host": DATANODE})
        ready = _lives(f"http://{NAMENODE}:{own.hdfs.http_port}/jmx", number, _listens(DATANODE, port))
        found.append(replace(hdfs.datanode(own), name=f"datanode-{number}", ready=ready))
    return found


def _lives(url: str, count: int, listens: Callable[[], None]) -> Callable[[], None]:
    def ready() -> None:
        # The NameNode counts one that was killed for ten minutes.
        listens()
        query = {"qry": "Hadoop:service=NameNode,name=FSNamesystemState"}
        state = requests.get(url, params=query, timeout=5).json()["beans"][0]
        if state["NumLiveDataNodes"] < count or state["FSState"] != "Operational":
            raise ConnectionError(f"{state['NumLiveDataNodes']} DataNodes live, {state['FSState']}")

    return ready


def _listens(host: str, port: int) -> Callable[[], None]:
    return lambda: socket.create_connection((host, port), timeout=5).close()
