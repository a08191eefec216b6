"""Spark's own cluster: a master and workers, as Spark's scripts start them."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import pyspark
import requests

from conf import Settings
from stack.process import Service
from tests.cluster.addresses import MASTER, WORKERS

PORT, PAGE_PORT = 7077, 8080
CORES, MEMORY = 2, "3g"
"""Of a worker: one core of each is the speed layer's, the other the night's."""
_CLASS = str(Path(pyspark.__file__).parent / "bin" / "spark-class")


def prepare(root: Path, secret: str, _files: str) -> dict[str, str]:
    """Write ``spark-defaults.conf``, with the secret that opens master and workers; the environment that names it."""
    folder = root / "spark-conf"
    folder.mkdir(mode=0o700)
    (folder / "spark-defaults.conf").write_text(f"spark.authenticate true\nspark.authenticate.secret {secret}\n")
    return {"SPARK_CONF_DIR": str(folder), "SPARK_DAEMON_MEMORY": "256m"}


def servers(_settings: Settings, root: Path, environment: Mapping[str, str]) -> list[Service]:
    """The master and the workers."""
    master = Service(
        name="master",
        command=_command("master.Master", MASTER, PAGE_PORT, "--port", str(PORT)),
        ready=lambda: socket.create_connection((MASTER, PORT), timeout=5).close(),
        environment={**environment, "SPARK_LOCAL_IP": MASTER},
    )
    return [master, *(_worker(root, number, environment) for number in range(len(WORKERS)))]


def _worker(root: Path, number: int, environment: Mapping[str, str]) -> Service:
    name, address = f"worker-{number + 1}", WORKERS[number]
    size = ("--cores", str(CORES), "--memory", MEMORY, "--work-dir", str(root / name))
    return Service(
        name=name,
        command=_command("worker.Worker", address, PAGE_PORT + 1, *size, f"spark://{MASTER}:{PORT}"),
        ready=lambda: _is_known(address),
        environment={**environment, "SPARK_LOCAL_IP": address, "SPARK_LOCAL_DIRS": str(root / name)},
    )


def _command(name: str, address: str, page_port: int, *arguments: str) -> tuple[str, ...]:
    return (_CLASS, f"org.apache.spark.deploy.{name}", "--host", address, "--webui-port", str(page_port), *arguments)


def _is_known(address: str) -> None:
    workers = requests.get(f"http://{MASTER}:{PAGE_PORT}/json/", timeout=5).json()["workers"]
    if not any(each["host"] == address and each["state"] == "ALIVE" for each in workers):
        raise ConnectionError(f"the master does not know the worker at {address}")
