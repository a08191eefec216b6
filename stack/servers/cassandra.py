"""The Cassandra node of one machine and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conf import logins
from conf.settings import Settings
from serving_layer.access.token import read_or_make
from stack.downloads import java
from stack.passwords import role_passwords
from stack.process import Service
from stack.servers.certificate import have_certificate, keystore
from stack.servers.first_account import write_administrator
from stack.servers.roles import apply_roles
from store.cassandra import session

_EXPORTS = (
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
)
_OPENS = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
)
_COMMITLOG = {
    "batch": "commitlog_sync: batch",
    "group": "commitlog_sync: group\ncommitlog_sync_group_window: 10ms",
    "periodic": "commitlog_sync: periodic\ncommitlog_sync_period: 10s",
}
_PART_BYTES = 65_536


def service(settings: Settings) -> Service:
    """The node; ready when every table and role is there."""
    conf = settings.cassandra
    directory = settings.home / "conf" / "cassandra"
    data = settings.home / "data" / "cassandra"
    options = (
        *(f"--add-exports={each}=ALL-UNNAMED" for each in _EXPORTS),
        *(f"--add-opens={each}=ALL-UNNAMED" for each in _OPENS),
        "-Djdk.attach.allowAttachSelf=true",
        f"-Dcassandra.config={(directory / 'cassandra.yaml').as_uri()}",
        f"-Dcassandra.storagedir={data}",
        f"-Dlogback.configurationFile={(directory / 'logback.xml').as_uri()}",
        # Alone on one machine there is no ring to wait for.
        "-Dcassandra.ring_delay_ms=1000",
        "-Dcassandra.superuser_setup_delay_ms=0",
        # Passwords of 256 random bits need no slow hash, and every connection of every worker would wait for it.
        "-Dcassandra.auth_bcrypt_gensalt_log2_rounds=4",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        "-XX:+UseG1GC",
        "-XX:MaxDirectMemorySize=256m",
    )
    main = "org.apache.cassandra.service.CassandraDaemon"
    return Service(
        name="cassandra",
        command=java.command(settings, "cassandra", main, heap_mb=conf.heap_mb, options=options),
        prepare=lambda: _prepare(settings, directory, data, options),
        ready=lambda: apply_roles(logins.held(settings), role_passwords(settings)),
        answers=lambda: _answers(settings),
        ports={
            "cassandra.port": conf.port,
            "cassandra.storage_port": conf.storage_port,
        },
        environment={"MALLOC_ARENA_MAX": "2"},
        patience=300,
        grace=30,
    )


def _answers(settings: Settings) -> None:
    with session(settings, keyspace=None) as asked:
        asked.execute("SELECT key FROM system.local")


def _prepare(settings: Settings, directory: Path, data: Path, options: Sequence[str]) -> None:
    conf = settings.cassandra
    values = conf.model_dump() | {
        "data": data,
        "commitlog": _COMMITLOG[conf.commitlog_sync],
        "memtable_mb": conf.heap_mb // 3,
        "keystore": keystore(settings),
        "keystore_password": read_or_make(logins.password_file(settings, "keystore")),
    }
    data.mkdir(parents=True, exist_ok=True)
    have_certificate(settings)
    drop_blank_segments(data / "commitlog")
    java.render("cassandra.yaml", values, directory)
    java.render("logback.xml", {}, directory)
    if login := logins.cassandra(settings):
        write_administrator(settings, data, login, options)


def drop_blank_segments(commitlog: Path) -> None:
    """Remove the segments of the commit log in which no byte was ever written.

    A full disk ends the node after it has made a segment and before it can write the segment's head. It then starts no
    more, although a file of zeros holds no row.
    """
    for segment in commitlog.glob("CommitLog-*.log"):
        with segment.open("rb") as file:
            is_blank = not any(part.strip(b"\0") for part in iter(lambda: file.read(_PART_BYTES), b""))
        if is_blank:
            segment.unlink()
