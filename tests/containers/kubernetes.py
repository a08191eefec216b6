"""The image of Kubernetes' jobs: each is run by its object's command, in local mode, on compose's stores."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml

from conf import load_settings
from tests.containers.bases import DOCKERFILE, spark_image
from tests.containers.compose import PROJECT, ROOT, Compose, docker, say

IMAGE = "solera-spark:0.1.0"
NETWORKS = (f"{PROJECT}_stores", f"{PROJECT}_answers")
LOCAL = ("--master=local[2]", "--conf=spark.driver.host=127.0.0.1", "--driver-memory=1g")
"""Instead of what a driver is told of its pod, its executors and its memory."""
ADDRESSES = {
    "SOLERA_KAFKA__BOOTSTRAP_SERVERS": "kafka:9092",
    "SOLERA_CASSANDRA__CONTACT_POINTS": json.dumps(["cassandra"]),
    "SOLERA_CASSANDRA__DATACENTER": load_settings().cassandra.datacenter,
    "SOLERA_HDFS__URI": "hdfs://namenode:8020",
    "SOLERA_HDFS__REPLICATION": "1",
    "SOLERA_SPARK__CHECKPOINT": "file:///var/lib/solera/checkpoints",
    "SOLERA_SPARK__SHUFFLE_PARTITIONS": "4",
}
"""The stores of docker-compose.yml, where conf/kubernetes.toml names a cluster's."""


def build(bases: dict[str, str]) -> None:
    """Build the image; ``bases`` are those of the images before it, by argument. Raises ``NotShown``."""
    given = bases | {"SPARK_IMAGE": spark_image()}
    named = [word for name, image in given.items() for word in ("--build-arg", f"{name}={image}")]
    place = ("--file", str(DOCKERFILE), "--target", "kubernetes", "--tag", IMAGE, str(ROOT))
    docker("build", "--quiet", *named, *place, seconds=3600)
    say(f"image {IMAGE} is built")


def run_night(compose: Compose, day: date) -> None:
    """Run the night of ``day`` as the CronJob does. Raises ``NotShown``."""
    with _container(compose, "batch", ("--date", f"{day}")) as container:
        say(docker("start", "--attach", container, seconds=1800).strip())


@contextlib.contextmanager
def speed_layer(compose: Compose) -> Iterator[None]:
    """The speed layer as the Deployment runs it."""
    with _container(compose, "speed") as container:
        docker("start", container)
        yield
        docker("stop", "--time", "40", container, seconds=60)


@contextlib.contextmanager
def _container(compose: Compose, name: str, arguments: tuple[str, ...] = ()) -> Iterator[str]:
    job = _driver(name)
    environment = _environment(compose, job) | ADDRESSES
    given = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
    places = ["/tmp:exec", "/var/lib/solera:uid=185"]  # noqa: S108  of the container
    closed = ["--read-only", "--cap-drop", "ALL", *(f"--tmpfs={each}" for each in places)]
    told = [each for each in job["args"] if "$(" not in each and "spark.executor." not in each]
    command = [*job["command"], *told[:-1], *LOCAL, told[-1], *arguments]
    container = docker("create", "--network", NETWORKS[0], "--user", "185", *closed, *given, IMAGE, *command).strip()
    try:
        docker("network", "connect", NETWORKS[1], container)
        yield container
    finally:
        docker("rm", "--force", container)


def _driver(name: str) -> dict[str, Any]:
    """The container of the first object in a file of conf/kubernetes that has a driver."""
    objects = list(yaml.safe_load_all((ROOT / f"conf/kubernetes/{name}.yaml").read_text(encoding="utf-8")))
    for pods in filter(None, map(pods_of, objects)):
        for container in pods["spec"]["containers"]:
            if container["name"] == "driver":
                return dict(container)
    raise LookupError(f"conf/kubernetes/{name}.yaml has no driver")


def pods_of(each: dict[str, Any]) -> dict[str, Any] | None:
    """The template of the pods that an object starts; None where it starts none."""
    spec: dict[str, Any] = each.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    found: dict[str, Any] | None = spec.get("template")
    return found


def _environment(compose: Compose, job: dict[str, Any]) -> dict[str, str]:
    plain = {each["name"]: str(each["value"]) for each in job["env"] if "value" in each}
    secret = {
        each["name"]: compose.secret(each["valueFrom"]["secretKeyRef"]["key"])
        for each in job["env"]
        if "secretKeyRef" in each.get("valueFrom", {})
    }
    return plain | secret
