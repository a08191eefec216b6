"""YARN: a ResourceManager and NodeManagers, each at a loopback address of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import requests

from conf import Settings, load_settings
from conf.jars import paths
from stack.downloads import jars, java
from stack.process import Service
from tests.cluster.addresses import NAMENODE, NODEMANAGERS, RESOURCEMANAGER

PAGE_PORT, PORT = 8088, 8041
MEMORY_MB, CORES = 4096, 4
"""Of a NodeManager: an executor and a driver or its application master, of the speed layer and of the night."""
HEAP_MB = 192
_FIFO = "org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler"
_LOG = """log4j.rootLogger=WARN,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %p %c{1} %m%n
"""


def write_conf(folder: Path, files: str, own: Mapping[str, object] = MappingProxyType({})) -> None:
    """Write Hadoop's configuration: ``files`` is the address of HDFS, ``own`` what one server has beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    shared = {
        "yarn.resourcemanager.hostname": RESOURCEMANAGER,
        "yarn.resourcemanager.bind-host": RESOURCEMANAGER,
        "yarn.resourcemanager.scheduler.class": _FIFO,
        "yarn.scheduler.minimum-allocation-mb": 256,
        # A NodeManager that was killed is lost after this, and its containers are started elsewhere.
        "yarn.nm.liveness-monitor.expiry-interval-ms": 10_000,
        "yarn.nodemanager.vmem-check-enabled": "false",
    }
    _write(folder / "core-site.xml", {"fs.defaultFS": files})
    _write(folder / "yarn-site.xml", shared | dict(own))
    (folder / "log4j.properties").write_text(_LOG)


def prepare(root: Path, _secret: str, files: str) -> dict[str, str]:
    """Write what who submits has: Hadoop's configuration, Spark's defaults, a place for what is shipped."""
    shipped, defaults, programs = root / "shipped", root / "spark-conf", root / "bin"
    for folder in (shipped, defaults, programs):
        folder.mkdir(mode=0o700)
    (defaults / "spark-defaults.conf").write_text("spark.authenticate true\n")
    write_conf(root / "hadoop", files)
    (programs / "hdfs").write_text(_shell(root / "hadoop"))
    (programs / "hdfs").chmod(0o700)
    found = {"HADOOP": str(root / "hadoop"), "SHIPPED": str(shipped), "SPARK_CONF_DIR": str(defaults)}
    return found | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def _shell(folder: Path) -> str:
    """The program ``hdfs``, as far as ``hdfs dfs``, of Hadoop's own class."""
    settings = load_settings()
    java_home = java.home(settings)
    path = os.pathsep.join([str(folder), *map(str, paths("yarn", settings.cache))])
    return f"#!/bin/sh\nshift\nexec {java_home}/bin/java -Xmx256m -cp '{path}' org.apache.hadoop.fs.FsShell \"$@\"\n"


def servers(settings: Settings, root: Path, _environment: Mapping[str, str]) -> list[Service]:
    """The ResourceManager and the NodeManagers; their jars are fetched."""
    jars.fetch(settings, "yarn")
    folder, files = root / "resourcemanager", f"hdfs://{NAMENODE}:{settings.hdfs.port}"
    manager = Service(
        name="resourcemanager",
        command=_command(settings, folder, "resourcemanager.ResourceManager"),
        prepare=lambda: write_conf(folder, files),
        ready=_answers,
    )
    return [manager, *(_node(settings, root, files, number) for number in range(len(NODEMANAGERS)))]


def _node(settings: Settings, root: Path, files: str, number: int) -> Service:
    name, address = f"nodemanager-{number + 1}", NODEMANAGERS[number]
    folder = root / name
    own = {
        "yarn.nodemanager.hostname": address,
        "yarn.nodemanager.bind-host": address,
        "yarn.nodemanager.address": f"{address}:{PORT}",
        "yarn.nodemanager.local-dirs": folder / "local",
        "yarn.nodemanager.log-dirs": folder / "logs",
        "yarn.nodemanager.resource.memory-mb": MEMORY_MB,
        "yarn.nodemanager.resource.cpu-vcores": CORES,
    }
    return Service(
        name=name,
        command=_command(settings, folder, "nodemanager.NodeManager"),
        prepare=lambda: write_conf(folder, files, own),
        ready=lambda: _is_running(address),
    )


def _command(settings: Settings, folder: Path, main: str) -> tuple[str, ...]:
    options = ("--add-opens=java.base/java.lang=ALL-UNNAMED", "-XX:+UseSerialGC", *java.QUICK)
    name = f"org.apache.hadoop.yarn.server.{main}"
    return java.command(settings, "yarn", name, heap_mb=HEAP_MB, options=options, classpath=[folder])


def _write(path: Path, values: Mapping[str, object]) -> None:
    found = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in values.items())
    path.write_text(f"<configuration>{found}</configuration>")


def _nodes() -> dict[str, str]:
    """State of each NodeManager that the ResourceManager knows, by its host."""
    answer = requests.get(f"http://{RESOURCEMANAGER}:{PAGE_PORT}/ws/v1/cluster/nodes", timeout=5)
    nodes = (answer.json()["nodes"] or {}).get("node", [])
    return {each["nodeHostName"]: each["state"] for each in nodes}


def _answers() -> None:
    _nodes()


def _is_running(address: str) -> None:
    if _nodes().get(address) != "RUNNING":
        raise ConnectionError(f"the ResourceManager does not know the NodeManager at {address}")
