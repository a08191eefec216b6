"""Settings of one module's own on servers that several share: a keyspace, a folder of HDFS, a home, ports."""

from __future__ import annotations

from conf import Settings
from store.schema import apply_schema


def settings_in(stack: Settings, keyspace: str, port_offset: int) -> Settings:
    """``stack`` with an empty keyspace whose tables are made, and API and SQL at ports moved by ``port_offset``."""
    moved = port_offset - stack.port_offset
    settings = stack.model_copy(
        update={
            "cassandra": stack.cassandra.model_copy(update={"keyspace": keyspace}),
            "hdfs": stack.hdfs.model_copy(update={"root": f"/{keyspace}"}),
            "home": stack.home / f"in-{keyspace}",
            "thrift": stack.thrift.model_copy(update={"port": stack.thrift.port + moved}),
            "api": stack.api.model_copy(update={"port": stack.api.port + moved}),
        }
    )
    settings.home.mkdir()
    apply_schema(settings)
    return settings
