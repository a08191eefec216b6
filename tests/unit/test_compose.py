"""docker-compose.yml can't be started here: its form, its manners and its agreement with conf/ are checked."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
import yaml

from conf import Settings, load_settings
from conf.jars import locked
from stack.services import JOBS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = ("volume", "ready")
"""Services that do one thing and end."""
ASKED = re.compile(r"\$\{(\w+):\?set \1 in \.env\}")
DEFAULTS = load_settings(port_offset=0)


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}


def every_variable() -> list[tuple[str, str, str]]:
    return [(service, *pair) for service in SERVICES for pair in environment(service).items()]


def version_of(lock: str, artifact: str) -> str:
    return next(jar.version for jar in locked(lock) if jar.artifact == artifact)


def test_form_is_that_of_the_compose_specification() -> None:
    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text())
    jsonschema_rs.validator_for(schema).validate(COMPOSE)


@pytest.mark.parametrize("broken", [{"imge": "x"}, {"image": "x", "ports": "80"}, {"image": "x", "restart": 3}])
def test_the_schema_refuses_what_is_not_compose(broken: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text())
    assert not jsonschema_rs.validator_for(schema).is_valid({"services": {"x": broken}})


def test_the_image_imports_what_is_there() -> None:
    text = (ROOT / "conf/docker/Dockerfile").read_text()
    imports = re.findall(r"from ([\w.]+) import (\w+)", text)
    assert len(imports) >= 2
    for module, name in imports:
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker is not installed")
def test_docker_compose_reads_it(tmp_path: Path) -> None:
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker is installed without its compose plugin")
    filled = re.sub(r"^(\w+)=$", r"\1=0123456789abcdef", (ROOT / ".env.example").read_text(), flags=re.M)
    (tmp_path / "env").write_text(filled)
    command = ["docker", "compose", "-f", str(ROOT / "docker-compose.yml"), "--env-file", str(tmp_path / "env")]
    assert subprocess.run([*command, "config", "--quiet"], capture_output=True, check=False).returncode == 0
    (tmp_path / "env").write_text("")
    refused = subprocess.run([*command, "config", "--quiet"], capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "in .env" in refused.stderr


def test_images_are_pinned_to_the_versions_of_one_machine() -> None:
    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), flags=re.M)
    assert project is not None
    expected = {
        "kafka": f"apache/kafka:{version_of('kafka', 'kafka_2.13')}",
        "cassandra": f"cassandra:{version_of('cassandra', 'cassandra-all')}",
        "namenode": f"apache/hadoop:{version_of('hadoop', 'hadoop-hdfs')}",
        "datanode": f"apache/hadoop:{version_of('hadoop', 'hadoop-hdfs')}",
        "volume": f"apache/hadoop:{version_of('hadoop', 'hadoop-hdfs')}",
        "zeppelin": f"solera-zeppelin:{project[1]}",
    }
    for name, service in SERVICES.items():
        assert service["image"] == expected.get(name, f"solera:{project[1]}")
    bases = re.findall(r"^FROM (\S+)", (ROOT / "conf/docker/Dockerfile").read_text(), flags=re.M)
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases)


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ONCE])
def test_long_running_service_is_watched_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_who_waits_waits_for_health_or_for_the_end() -> None:
    for service in SERVICES.values():
        for awaited, how in service.get("depends_on", {}).items():
            ended = awaited in ONCE
            assert how["condition"] == ("service_completed_successfully" if ended else "service_healthy")


def test_only_loopback_is_published_at_the_ports_of_one_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {
        "kafka": [f"127.0.0.1:{DEFAULTS.kafka.port}:{DEFAULTS.kafka.port}"],
        "thrift": [f"127.0.0.1:{DEFAULTS.thrift.port}:{DEFAULTS.thrift.port}"],
        "api": [f"127.0.0.1:{DEFAULTS.api.port}:{DEFAULTS.api.port}"],
        "push": [f"127.0.0.1:{DEFAULTS.push.port}:{DEFAULTS.push.port}"],
        "zeppelin": ["127.0.0.1:8080:8080"],
    }


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "volume"])
def test_service_has_no_rights_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)
    assert service.get("user", "image's own") not in ("root", "0", "0:0")


def test_own_images_are_read_only_and_share_conf() -> None:
    own = [service for service in SERVICES.values() if service["image"].startswith("solera:")]
    assert len(own) == len(JOBS) + 2  # the night and what is done once
    for service in own:
        assert service["read_only"] is True
        assert "./conf:/opt/solera/conf:ro" in service["volumes"]
    users = re.findall(r"^USER (\S+)", (ROOT / "conf/docker/Dockerfile").read_text(), flags=re.M)
    assert users == ["solera", "root", "spark", "root", "1000"]


def test_every_secret_is_asked_for_and_none_is_written() -> None:
    for service, name, value in every_variable():
        if re.search("(PASSWORD|TOKEN|SECRET|_USER)$", name):
            assert ASKED.fullmatch(value), f"{service}: {name}"


def test_env_example_names_what_is_asked_for_and_gives_nothing() -> None:
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    asked = re.findall(r"\$\{(\w+)", TEXT)
    assert {line.removesuffix("=") for line in lines} == set(asked)
    assert all(line.endswith("=") for line in lines)
    assert len(asked) == len(ASKED.findall(TEXT))


def test_every_solera_variable_is_a_setting() -> None:
    known = {
        f"SOLERA_{part}__{key}".upper()
        for part, field in DEFAULTS
        if hasattr(field, "model_dump")
        for key in field.model_dump()
    } | {f"SOLERA_{name}".upper() for name in Settings.model_fields}
    named = {name for _, name, _ in every_variable() if name.startswith("SOLERA_")}
    assert named <= known


def test_containers_read_the_settings_they_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("speed").items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.kafka_servers == "kafka:19092"
    assert settings.cassandra.hosts == ["cassandra"]
    assert settings.cassandra.username == "solera_speed"
    assert settings.hdfs_uri == "hdfs://namenode:8020"
    assert settings.hdfs.root == DEFAULTS.hdfs.root


def test_services_are_those_of_one_machine() -> None:
    started = {
        service["command"][-1] for service in SERVICES.values() if "stack.foreground" in service.get("command", [])
    }
    assert started == set(JOBS)


def test_kafka_has_the_properties_of_one_machine() -> None:
    given = environment("kafka")
    own = (
        "listeners",
        "advertised.listeners",
        "controller.quorum.voters",
        "log.dirs",
        "listener.security.protocol.map",
    )
    for line in (ROOT / "conf/servers/kafka.properties").read_text().splitlines():
        name, separator, value = line.partition("=")
        is_login = name.startswith(
            ("sasl.", "listener.name.", "authorizer.", "super.users")
        )  # the containers' network is the brokers' own
        if separator and name not in own and not is_login and not line.startswith("#"):
            expected = str(getattr(DEFAULTS.kafka, value.strip("${}"))) if value.startswith("$") else value
            assert given["KAFKA_" + name.upper().replace(".", "_")] == expected


def test_cassandra_has_the_settings_of_one_machine() -> None:
    text = (ROOT / "conf/servers/cassandra.yaml").read_text()
    given = dict(re.findall(r"-Dcassandra\.settings\.(\S+?)=(\S+)", environment("cassandra")["JVM_EXTRA_OPTS"]))
    logins = ("authenticator.class_name", "authorizer.class_name", "role_manager.class_name")
    assert [given.pop(name) for name in logins] == [
        "PasswordAuthenticator", "CassandraAuthorizer", "CassandraRoleManager",
    ]  # fmt: skip
    assert given.pop("commitlog_sync") == DEFAULTS.cassandra.commitlog_sync
    assert given.pop("memtable_heap_space") == f"{DEFAULTS.cassandra.heap_mb // 3}MiB"
    scalars = dict(re.findall(r"^(\w+): ([^\s$\[]+)$", text, flags=re.M))
    for name in ("cluster_name", "num_tokens", "partitioner", "endpoint_snitch"):
        scalars.pop(name)  # the image's own variables, and its defaults
    assert given == scalars
    assert environment("cassandra")["MAX_HEAP_SIZE"] == f"{DEFAULTS.cassandra.heap_mb}M"


def test_hdfs_has_the_properties_of_one_machine() -> None:
    given = {key.partition("_")[2]: value for key, value in environment("datanode").items()}
    tree = ElementTree.parse(ROOT / "conf/servers/hdfs-site.xml")  # noqa: S314  our own file
    for each in tree.iterfind("property"):
        name, value = each.findtext("name", ""), each.findtext("value", "")
        if "$" not in value:
            assert given[name] == value
    assert given["dfs.replication"] == str(DEFAULTS.hdfs.replication)


def test_each_layer_logs_in_as_its_role_of_roles_cql() -> None:
    roles = set(re.findall(r"CREATE ROLE IF NOT EXISTS (\w+)", (ROOT / "conf/roles.cql").read_text()))
    users = {service: environment(service).get("SOLERA_CASSANDRA__USERNAME") for service in SERVICES}
    assert {user for user in users.values() if user} == roles | {"solera_admin"}
    assert users["speed"] == "solera_speed"
    assert users["batch"] == "solera_batch"
    assert users["zeppelin"] == "solera_analyst"
    asked = set(re.findall(r"\{(\w+_password)\}", (ROOT / "conf/roles.cql").read_text()))
    assert {name.upper() for name in asked} <= set(environment("ready"))
