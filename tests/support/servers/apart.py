"""Settings of a stack beside the one whose settings the tests have put into the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from conf import Settings, load_settings


def apart(home: Path, port_offset: int) -> Settings:
    """Settings of a stack with ``home`` and ports of its own."""
    return without_logins(load_settings(home=home, port_offset=port_offset))


def without_logins(settings: Settings) -> Settings:
    """``settings`` without account and key, whatever another stack of these tests has put into the environment."""
    nobody = {"username": "", "password": SecretStr("")}
    return settings.model_copy(
        update={
            "hdfs": settings.hdfs.model_copy(update={"secrets": ""}),
            "kafka": settings.kafka.model_copy(update=nobody),
            "cassandra": settings.cassandra.model_copy(update=nobody),
        }
    )
