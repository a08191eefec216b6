"""What gives Spark's drivers their executors: Spark's own master with workers, or YARN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from conf import Settings
from stack.process import Service
from tests.cluster import document, spark, yarn
from tests.cluster.document import Chapter


class Manager(NamedTuple):
    """One of them: its chapter of docs/cluster.md, and its servers, of which a worker is to be killed."""

    name: str
    chapter: Chapter
    head: str
    worker: str
    """How the names of its servers begin."""
    prepare: Callable[[Path, str, str], dict[str, str]]
    """Given a folder, a secret and HDFS: writes what who submits has, and returns the environment that names it."""
    servers: Callable[[Settings, Path, Mapping[str, str]], list[Service]]
    packs: bool
    """Whether code and libraries are shipped."""


OWN = Manager("Spark's own cluster", document.OWN, "master", "worker", spark.prepare, spark.servers, packs=False)
YARN = Manager("YARN", document.YARN, "resourcemanager", "nodemanager", yarn.prepare, yarn.servers, packs=True)
