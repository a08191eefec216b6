"""NameNode and DataNode of one machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import requests

from conf.settings import Settings
from stack.downloads import java
from stack.process import Service

HEAP_MB = 160
_WEB_DIRECTORIES = ("webapps/hdfs", "webapps/datanode", "webapps/static")


def namenode(settings: Settings) -> Service:
    """The NameNode; ready when it says its state."""
    conf = settings.hdfs
    return Service(
        name="namenode",
        command=_command(settings, "org.apache.hadoop.hdfs.server.namenode.NameNode"),
        prepare=lambda: _format(settings),
        ready=lambda: _answers(settings),
        ports={"hdfs.port": conf.port, "hdfs.http_port": conf.http_port},
    )


def datanode(settings: Settings) -> Service:
    """The DataNode; ready when the NameNode counts it as live, and is out of safe mode."""
    conf = settings.hdfs
    return Service(
        name="datanode",
        command=_command(settings, "org.apache.hadoop.hdfs.server.datanode.DataNode"),
        prepare=lambda: _configure(settings),
        ready=lambda: _serves(settings),
        ports={
            "hdfs.datanode_port": conf.datanode_port,
            "hdfs.datanode_http_port": conf.datanode_http_port,
            "hdfs.datanode_ipc_port": conf.datanode_ipc_port,
        },
    )


def _directory(settings: Settings) -> Path:
    return settings.home / "conf" / "hdfs"


def _command(settings: Settings, main: str, *arguments: str) -> tuple[str, ...]:
    options = ("--add-opens=java.base/java.lang=ALL-UNNAMED", "-XX:+UseSerialGC", *java.QUICK)
    return java.command(
        settings,
        "hadoop",
        main,
        *arguments,
        heap_mb=HEAP_MB,
        options=options,
        classpath=[_directory(settings)],
    )


def _configure(settings: Settings) -> None:
    directory = _directory(settings)
    conf = settings.hdfs
    values = conf.model_dump() | {
        "data": settings.home / "data" / "hdfs",
        "datanode_host": conf.datanode_host or conf.host,
    }
    java.render("hdfs-site.xml", values, directory)
    java.render("log4j.properties", {}, directory)
    for name in _WEB_DIRECTORIES:
        # The servers refuse to start without the directories of their web pages, which the jars do not bring.
        (directory / name).mkdir(parents=True, exist_ok=True)


def _format(settings: Settings) -> None:
    _configure(settings)
    if (settings.home / "data" / "hdfs" / "name" / "current" / "VERSION").is_file():
        return
    main = "org.apache.hadoop.hdfs.server.namenode.NameNode"
    tool = _command(settings, main, "-format", "-nonInteractive", "-force")
    subprocess.run(tool, check=True, capture_output=True, text=True)  # noqa: S603


def _answers(settings: Settings) -> None:
    _state(settings)


def _serves(settings: Settings) -> None:
    state = _state(settings)
    if state["NumLiveDataNodes"] < 1 or state["FSState"] != "Operational":
        raise ConnectionError(f"HDFS is not writable yet: {state['FSState']}")


def _state(settings: Settings) -> dict[str, Any]:
    """What the NameNode says of the file system as a whole."""
    query = {"qry": "Hadoop:service=NameNode,name=FSNamesystemState"}
    answer = requests.get(f"http://{settings.hdfs.host}:{settings.hdfs.http_port}/jmx", params=query, timeout=5)
    state: dict[str, Any] = answer.json()["beans"][0]
    return state
