"""Settings of a stack beside the one whose settings the tests have put into the environment."""

from __future__ import annotations

from pydantic import SecretStr

from conf import Settings


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
