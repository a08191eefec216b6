"""Settings of the cluster's clients by the environment, and of each server in a home of its own."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from conf import Settings
from conf.logins import OWNER, ROLES
from conf.place import CONF_DIR
from tests.cluster.addresses import API, BROKERS, DATANODE_PORTS, NAMENODE, NODES

ADMINISTRATOR = "solera_admin"
HEAP_MB = 448
"""Of a Cassandra node."""


class Passwords:
    """The passwords of one rehearsal, made at its start."""

    def __init__(self) -> None:
        self.kafka, self.administrator, self.spark, self.api = (secrets.token_hex(16) for _ in range(4))
        self.roles = {role: secrets.token_hex(16) for role in ROLES}


def environment(settings: Settings, root: Path, passwords: Passwords) -> dict[str, str]:
    """What a job of the cluster finds in its environment beside ``SOLERA_CONF``: names, sizes of two cores, the login
    to Kafka. ``settings`` are those of one machine."""
    brokers = ",".join(f"{address}:{settings.kafka.port}" for address in BROKERS)
    files = f"hdfs://{NAMENODE}:{settings.hdfs.port}"
    return {
        "SOLERA_HOME": str(root / "home"),
        "SOLERA_CACHE": str(settings.cache),
        "SOLERA_KAFKA__BOOTSTRAP_SERVERS": brokers,
        "SOLERA_KAFKA__USERNAME": OWNER,
        "SOLERA_KAFKA__PASSWORD": passwords.kafka,
        "SOLERA_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "SOLERA_KAFKA__PARTITIONS": "6",
        "SOLERA_CASSANDRA__CONTACT_POINTS": json.dumps(NODES),
        "SOLERA_CASSANDRA__DATACENTER": settings.cassandra.datacenter,
        "SOLERA_HDFS__HOST": NAMENODE,
        "SOLERA_HDFS__URI": files,
        "SOLERA_HDFS__REPLICATION": str(len(DATANODE_PORTS)),
        "SOLERA_SPARK__CHECKPOINT": f"{files}/solera/checkpoints",
        "SOLERA_SPARK__SHUFFLE_PARTITIONS": "4",
        "SOLERA_API__HOST": API,
        "SOLERA_API__TOKEN": passwords.api,
    }


def as_user(name: str, password: str) -> dict[str, str]:
    """The environment in which a job logs in to Cassandra so."""
    return {"SOLERA_CASSANDRA__USERNAME": name, "SOLERA_CASSANDRA__PASSWORD": password}


def onlooker(passwords: Passwords) -> dict[str, str]:
    """The environment of who registers homes and looks at what came of their readings, files by a Spark of its own."""
    own = {"SOLERA_CONF": str(CONF_DIR / "yarn.toml"), "SOLERA_SPARK__MASTER": "local[1]"}
    return own | {"SOLERA_SPARK__DRIVER_MEMORY": "1g"} | as_user(ADMINISTRATOR, passwords.administrator)


def as_role(role: str, passwords: Passwords) -> dict[str, str]:
    """The environment of a job of ``role``."""
    return as_user(f"solera_{role}", passwords.roles[role])


def server(settings: Settings, root: Path, name: str, **parts: dict[str, Any]) -> Settings:
    """``settings`` of one server: its own home below ``root``, with the secrets that all servers share."""
    home = root / name
    home.mkdir(parents=True)
    (root / "secrets").mkdir(mode=0o700, exist_ok=True)
    (home / "secrets").symlink_to(root / "secrets")
    changed = {part: getattr(settings, part).model_copy(update=values) for part, values in parts.items()}
    return settings.model_copy(update={"home": home, **changed})


def broker(settings: Settings, root: Path, number: int, passwords: Passwords) -> Settings:
    """Settings of the broker at ``BROKERS[number]``."""
    login = {"username": OWNER, "password": SecretStr(passwords.kafka)}
    return server(settings, root, f"broker-{number + 1}", kafka={"host": BROKERS[number], **login})


def node(settings: Settings, root: Path, number: int, passwords: Passwords) -> Settings:
    """Settings of the Cassandra node at ``NODES[number]``."""
    login = {"username": ADMINISTRATOR, "password": SecretStr(passwords.administrator)}
    own = {"host": NODES[number], "commitlog_sync": "periodic", "heap_mb": HEAP_MB}
    return server(settings, root, f"node-{number + 1}", cassandra=own | login)
