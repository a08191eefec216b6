"""Who reaches what: ports of the host, and the networks between the containers."""

from __future__ import annotations

import json

from tests.containers.compose import PROJECT, Compose, docker, expect, say

PYTHON = "/opt/conda/envs/python_3_with_R/bin/python"
REACHED = {"api": (8000,), "thrift": (10010,), "cassandra": (9042,)}
NOT_REACHED = {
    "kafka": (9092, 9093), "namenode": (8020, 9870), "datanode": (9864, 9866, 9867), "push": (8001,),
    "gateway": (), "speed": (), "batch": (),
}  # fmt: skip
"""Ports of those that Zeppelin is to know nothing of; the last three open none."""
INTERPRETERS = ["cassandra", "jdbc", "md", "python"]
_TRY = """import json, socket, sys
def opens(host, port):
    try:
        socket.create_connection((host, port), 3).close()
    except OSError:
        return False
    return True
print(json.dumps([opens(host, port) for host, port in json.loads(sys.argv[1])]))
"""


def only_loopback_is_published(compose: Compose) -> None:
    """Show that no port is published beyond the host's loopback. Raises ``NotShown``."""
    found: dict[str, str] = {}
    for service in compose.services():
        ports = json.loads(docker("inspect", compose.container(service)))[0]["NetworkSettings"]["Ports"]
        found |= {f"{service} {port}": at["HostIp"] for port, ats in ports.items() for at in ats or []}
    expect(set(found.values()) == {"127.0.0.1"}, f"published on 127.0.0.1 alone: {', '.join(sorted(found))}")


def zeppelin_reaches_answers_alone(compose: Compose) -> None:
    """Show what opens to Zeppelin's container, by name and by address, and that it has no shell's interpreter."""
    expected = {(host, port): True for host, ports in REACHED.items() for port in ports}
    for service, ports in NOT_REACHED.items():
        expected |= {
            (host, port): False for host in (service, *_addresses(compose, service)) for port in ports or (9092,)
        }
    found = json.loads(compose.run("zeppelin", PYTHON, "-c", _TRY, json.dumps(list(expected))))
    wrong = [
        f"{host}:{port}" for (host, port), opens in zip(expected, found, strict=True) if opens != expected[host, port]
    ]
    expect(not wrong, f"Zeppelin reaches {', '.join(REACHED)} and none of {len(expected) - 3} other ports{wrong or ''}")
    folders = compose.run("zeppelin", "ls", "/opt/zeppelin/interpreter").split()
    expect(folders == INTERPRETERS, f"Zeppelin's interpreters: {', '.join(folders)}")


def _addresses(compose: Compose, service: str) -> list[str]:
    networks = json.loads(docker("inspect", compose.container(service)))[0]["NetworkSettings"]["Networks"]
    return [each["IPAddress"] for each in networks.values()]


def say_memory(compose: Compose) -> None:
    """Print what each container takes and may take, and the sum."""
    total = limits = 0.0
    for service in compose.services():
        line = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", compose.container(service)).strip()
        used, limit = (_megabytes(each) for each in line.split(" / "))
        total, limits = total + used, limits + limit
        say(f"memory of {service}: {used:.0f} MB of {limit:.0f} MB")
    say(f"memory of {PROJECT}: {total:.0f} MB; limits {limits:.0f} MB")


def _megabytes(text: str) -> float:
    units = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    unit = text[-3:]
    return float(text[:-3]) * units[unit] / 1e6
