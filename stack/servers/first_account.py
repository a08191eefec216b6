"""The administrator of a new Cassandra, written into its files before its first start.

A node that finds no account makes a well-known one, and whoever is quick enough comes in by it. This one finds ours.
"""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from conf import jars
from conf.logins import Login
from conf.settings import Settings
from stack.downloads import java

TABLE = "roles-5bc52802de2535edaeab188eecebb090"
"""Folder of table ``system_auth.roles``; its number is made of its name."""
_ROLES = (
    "CREATE TABLE system_auth.roles (role text PRIMARY KEY, is_superuser boolean, can_login boolean, salted_hash text, "
    "member_of set<text>)"
)
_INSERT = "INSERT INTO system_auth.roles (role, is_superuser, can_login, salted_hash) VALUES (?, true, true, ?)"
_HASH_ROUNDS = 4
_HEAP = "-Xmx256m"
_STARTED_WITHIN = 30.0


def write_administrator(settings: Settings, data: Path, login: Login, options: Sequence[str]) -> None:
    """Make ``login`` the only account of the node whose files ``data`` will hold; nothing where it has started once.

    ``options`` are the node's own to Java.
    """
    tables = data / "data" / "system_auth"
    if tables.exists():
        return
    part = data / "first"
    shutil.rmtree(part, ignore_errors=True)
    (part / TABLE).mkdir(parents=True)
    with _java(settings, options) as jvm:
        cassandra, bcrypt = jvm.org.apache.cassandra, jvm.org.mindrot.jbcrypt.BCrypt
        cassandra.config.DatabaseDescriptor.toolInitialization()
        writer = cassandra.io.sstable.CQLSSTableWriter.builder()
        writer = writer.inDirectory(str(part / TABLE)).forTable(_ROLES).using(_INSERT).build()
        writer.addRow([login.user, bcrypt.hashpw(login.password, bcrypt.gensalt(_HASH_ROUNDS))])
        writer.close()
    tables.parent.mkdir(parents=True, exist_ok=True)
    part.replace(tables)


@contextmanager
def _java(settings: Settings, options: Sequence[str]) -> Iterator[Any]:
    """A Java that knows Cassandra's classes and opens nothing but a port for whoever has the secret of its pipe."""
    # Every command about services would wait for the libraries, which a node's first start alone needs.
    import pyspark
    from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway  # type: ignore[import-untyped]

    port, secret, process = launch_gateway(
        jarpath=str(next((Path(pyspark.__file__).parent / "jars").glob("py4j-*.jar"))),
        classpath=":".join(str(path) for path in jars.paths("cassandra", settings.cache)),
        javaopts=[_HEAP, *options, *java.QUICK],
        java_path=str(java.home(settings) / "bin" / "java"),
        die_on_exit=True,
        enable_auth=True,
        return_proc=True,
    )
    try:
        _await(port)
        # This Java ends with the block: nobody need tell it which of its objects are of no more use.
        parameters = GatewayParameters(port=port, auth_token=secret, auto_convert=True, enable_memory_management=False)
        yield JavaGateway(gateway_parameters=parameters).jvm
    finally:
        process.kill()
        process.wait()


def _await(port: int) -> None:
    end = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < end:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        time.sleep(0.1)
