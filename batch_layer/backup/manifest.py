"""The manifest of a backup: its tables with their rows, its files with their SHA-256. Without one it is no backup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pyspark.sql import SparkSession

from conf.refusal import Refusal
from store import hdfs, schema

NAME = "manifest.json"
HDFS, TABLES = "hdfs", "tables"
"""Folders of a backup."""
MARK = "restore.json"
"""Below HDFS's root while a restore is under way: when its backup was made."""
FORMAT = 1


class BadBackup(Refusal):
    """A folder that is no whole backup of this version; the text names what is wrong."""


@dataclass(frozen=True)
class Manifest:
    """The content of a backup."""

    made_at: str
    """RFC 3339, UTC."""
    topics: Mapping[str, str]
    """Kafka's id of each topic, in whose offsets the backup speaks."""
    tables: Mapping[str, int]
    """Rows of each table."""
    files: Mapping[str, str]
    """SHA-256 of each file, by its path below the folder."""
    schema_version: int = schema.VERSION
    format: int = FORMAT


def write(spark: SparkSession, folder: str, manifest: Manifest) -> None:
    """Make ``folder`` a backup."""
    hdfs.write_text(spark, f"{folder}/{NAME}", json.dumps(asdict(manifest), indent=1, sort_keys=True))


def read(spark: SparkSession, folder: str) -> Manifest:
    """The manifest of ``folder``. Raises :class:`BadBackup`."""
    place = f"{folder}/{NAME}"
    if not hdfs.exists(spark, place):
        raise BadBackup(f"{folder} is no backup, or one that was not finished: it has no {NAME}.")
    try:
        manifest = Manifest(**json.loads(hdfs.read_text(spark, place)))
    except (ValueError, TypeError) as error:
        raise BadBackup(f"{place} is damaged: {error}.") from None
    if (manifest.format, manifest.schema_version) != (FORMAT, schema.VERSION):
        raise BadBackup(
            f"{folder} is of format {manifest.format} and tables of version {manifest.schema_version}; this Solera "
            f"reads {FORMAT} and {schema.VERSION}. Restore it with the Solera that made it, then run `solera migrate`."
        )
    return manifest
