"""docker-compose.yml: its form, its manners and its agreement with conf/. `make containers` starts it."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from conf import Settings, load_settings
from conf.logins import ROLES, SERVERS, password_file
from ingest.sources import asking, prices
from ingest.sources.datadis import supplies
from serving_layer.access.grants import access_file
from stack import night_watch
from stack.process import ANSWERED, Place
from stack.services import JOBS, services
from stack.services import SERVERS as OF_ONE_MACHINE

ROOT = Path(__file__).resolve().parents[2]
STORES = tuple(name for name in OF_ONE_MACHINE if name != "kdc")
"""A network of their own stands in place of the login that HDFS has on one machine."""
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: each for name, each in SERVICES.items() if each["image"].startswith("solera:")}
ANSWERING = ("api", "thrift", "cassandra")
"""What analysts ask, each behind a login."""
KEY = re.compile(r"\$\{(\w+):-\}")
DEFAULTS = load_settings(port_offset=0)


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}


def every_variable() -> list[tuple[str, str, str]]:
    return [(service, *pair) for service in SERVICES for pair in environment(service).items()]


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
    command = ["docker", "compose", "-f", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    environment = {**os.environ, "SECRETS": str(tmp_path)}
    assert subprocess.run(command, capture_output=True, check=False, env=environment).returncode == 0


def test_images_are_pinned() -> None:
    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), flags=re.M)
    assert project is not None
    assert {each["image"] for each in SERVICES.values()} == {f"solera:{project[1]}", f"solera-zeppelin:{project[1]}"}
    text = (ROOT / "conf/docker/Dockerfile").read_text()
    given = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, flags=re.M))
    bases = [given.get(base.strip("${}"), base) for base in re.findall(r"^FROM (\S+)", text, flags=re.M)]
    assert len(bases) == 3
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases)
    for service in SERVICES.values():
        for name, value in service["build"]["args"].items():
            assert value == f"${{{name}:-{given[name]}}}"


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_watched_bounded_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert re.fullmatch(r"\d+[mg]", SERVICES[name]["mem_limit"])


@pytest.mark.parametrize("name", OWN)
def test_health_is_the_answer_that_the_foreground_renews(name: str) -> None:
    assert OWN[name]["healthcheck"]["test"] == ["CMD-SHELL", f"find /tmp/{ANSWERED.name} -mmin -1 | grep -q ."]
    assert OWN[name]["tmpfs"] == ["/tmp:exec"]  # noqa: S108  another one in each life of the container


def test_who_waits_waits_for_health() -> None:
    for service in SERVICES.values():
        assert all(how == {"condition": "service_healthy"} for how in service.get("depends_on", {}).values())


def test_each_service_has_a_volume_of_its_own() -> None:
    shared = ("/conf:", "access:")
    homes = [each for service in SERVICES.values() for each in service["volumes"] if not any(x in each for x in shared)]
    assert sorted(homes) == sorted(f"{name}:/var/lib/solera" for name in SERVICES)
    assert set(COMPOSE["volumes"]) == {*SERVICES, "access"}


def test_sql_reads_who_has_access_where_the_api_writes_it() -> None:
    folder = access_file(load_settings(home=Path("/var/lib/solera"))).parent
    mounts = {name: [each for each in service["volumes"] if "access:" in each] for name, service in SERVICES.items()}
    mounts = {name: each for name, each in mounts.items() if each}
    assert mounts == {"api": [f"access:{folder}"], "thrift": [f"access:{folder}:ro"]}
    # A secret's file lies in that folder: in what SQL can't write it must be there already.
    assert "api" in SERVICES["thrift"]["depends_on"]
    assert secrets_of("thrift").items() <= secrets_of("api").items()


def test_stores_and_answers_are_two_networks_and_zeppelin_knows_one() -> None:
    assert set(COMPOSE["networks"]) == {"stores", "answers"}
    known = {name: set(each["networks"]) for name, each in SERVICES.items()}
    assert known["zeppelin"] == {"answers"} == known["cassandra"]
    for name in ("kafka", "namenode", "datanode", "push"):
        assert known[name] == {"stores"}
    for name in ANSWERING:
        assert "answers" in known[name]


def test_only_loopback_is_published_at_the_ports_of_one_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {
        "cassandra": [f"127.0.0.1:{DEFAULTS.cassandra.port}:{DEFAULTS.cassandra.port}"],
        "thrift": [f"127.0.0.1:{DEFAULTS.thrift.port}:{DEFAULTS.thrift.port}"],
        "api": [f"127.0.0.1:{DEFAULTS.api.port}:{DEFAULTS.api.port}"],
        "push": [f"127.0.0.1:{DEFAULTS.push.port}:{DEFAULTS.push.port}"],
        "zeppelin": ["127.0.0.1:8080:8080"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_service_has_no_rights_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)
    assert service.get("user", "image's own") not in ("root", "0", "0:0")


def test_own_images_are_read_only_and_share_conf() -> None:
    assert set(OWN) == {*STORES, *JOBS, "batch"}
    for service in OWN.values():
        assert service["read_only"] is True
        assert "./conf:/opt/solera/conf:ro" in service["volumes"]
    users = re.findall(r"^USER (\S+)", (ROOT / "conf/docker/Dockerfile").read_text(), flags=re.M)
    assert users == ["solera", "root", "1000", "root", "spark"]


def secrets_of(service: str) -> dict[str, str]:
    return {each["source"]: each["target"] for each in SERVICES[service].get("secrets", [])}


def test_secrets_come_by_file_to_the_place_where_one_machine_has_them() -> None:
    home = Path("/var/lib/solera")
    settings = load_settings(home=home)
    places = {name: str(password_file(settings, name)) for name in (*SERVERS, *ROLES, "zeppelin")}
    places["token"] = str(home / "token")
    for service in SERVICES:
        assert secrets_of(service).items() <= places.items()
    assert COMPOSE["secrets"] == {name: {"file": f"${{SECRETS:-./secrets}}/{name}"} for name in places}


def test_each_service_has_the_secrets_that_it_needs_and_no_other() -> None:
    wanted = {"gateway": {"ingest"}, "push": {"ingest"}, "speed": {"speed"}, "batch": {"batch"}}
    wanted |= {
        "thrift": {"serving", "token"},
        "api": {"serving", "token"},
        "zeppelin": {"analyst", "token", "zeppelin"},
    }
    wanted |= {store: {store, *ROLES} for store in SERVERS}
    assert {name: set(secrets_of(name)) for name in SERVICES} == {"namenode": set(), "datanode": set(), **wanted}


def test_the_script_makes_each_secret_once_in_a_folder_that_is_its_owners(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    def make() -> dict[str, str]:
        script = [str(ROOT / "conf/docker/secrets.sh")]
        subprocess.run(script, check=True, capture_output=True, env={**os.environ, "SECRETS": str(folder)})
        return {path.name: path.read_text() for path in folder.iterdir()}

    made = make()
    dashboards = yaml.safe_load((ROOT / "conf/grafana/compose.yml").read_text())
    assert set(made) == COMPOSE["secrets"].keys() | dashboards["secrets"].keys()
    assert len(set(made.values())) == len(made)
    assert all(re.fullmatch(r"[0-9a-f]{48}", each) for each in made.values())
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "batch").unlink()
    again = make()
    assert again.pop("batch") != made.pop("batch")
    assert again == made


def test_no_secret_is_written_and_keys_of_sources_are_those_of_env_example() -> None:
    keys = {name: value for _, name, value in every_variable() if re.search("(PASSWORD|TOKEN|SECRET|KEY)$", name)}
    assert all(KEY.fullmatch(value) for value in keys.values())
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    assert {line.removesuffix("=") for line in lines} == set(KEY.findall(TEXT))
    assert all(line.endswith("=") for line in lines)


def test_the_night_is_given_the_keys_of_its_sources() -> None:
    needed = {asking.KEY, asking.NIF, "DATADIS_PASSWORD", supplies.AUTHORISED, prices.TOKEN}
    assert needed <= set(environment("batch"))
    assert not needed & {name for service, name, _ in every_variable() if service != "batch"}


def test_the_container_of_the_night_has_the_sources_asked_by_day_too(tmp_path: Path) -> None:
    assert SERVICES["batch"]["command"] == ["python", "-m", night_watch.__name__]
    night, sources = night_watch.watches(load_settings(home=tmp_path), threading.Event())
    assert night.place == sources.place == Place(tmp_path)
    assert (night.service.command[-1], sources.service.command[-1]) == ("nightly", "ingest.sources")


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
    assert settings.kafka_servers == f"kafka:{DEFAULTS.kafka.port}"
    assert settings.cassandra.hosts == ["cassandra"]
    assert settings.hdfs_uri == f"hdfs://namenode:{DEFAULTS.hdfs.port}"
    assert settings.hdfs.root == DEFAULTS.hdfs.root
    assert DEFAULTS.hdfs.login
    assert not settings.hdfs.login
    assert "kdc" not in services(settings)


@pytest.mark.parametrize("service", [*STORES, *JOBS])
def test_a_container_runs_the_service_of_one_machine(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SERVICES[service]["command"] == ["python", "-m", "stack.foreground", service]
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    assert service in services(load_settings())


def test_a_host_is_known_by_the_name_that_others_ask_for() -> None:
    for service in STORES:
        assert SERVICES[service]["hostname"] == service
    given = environment("speed")
    for name in ("KAFKA__HOST", "CASSANDRA__HOST", "HDFS__HOST", "HDFS__DATANODE_HOST", "THRIFT__HOST", "API__HOST"):
        assert given[f"SOLERA_{name}"] in SERVICES
    assert environment("zeppelin")["SOLERA_API__HOST"] in json.loads(environment("api")["SOLERA_API__HOSTS"])


def test_each_layer_logs_in_as_its_role() -> None:
    roles = set(re.findall(r"CREATE ROLE IF NOT EXISTS (\w+)", (ROOT / "conf/roles.cql").read_text()))
    users = {service: environment(service).get("SOLERA_CASSANDRA__USERNAME") for service in SERVICES}
    assert {user for user in users.values() if user} == roles
    for service in (*JOBS, "batch"):
        role = {each.removeprefix("solera_") for each in (users[service],) if each}
        assert role <= set(secrets_of(service))
        assert environment(service)["SOLERA_KAFKA__USERNAME"] == users[service]


def test_zeppelin_finds_what_one_machine_serves() -> None:
    given = environment("zeppelin")
    assert given["SOLERA_API__PORT"] == str(DEFAULTS.api.port)
    assert given["SOLERA_THRIFT__PORT"] == str(DEFAULTS.thrift.port)
    assert given["SOLERA_CASSANDRA__PORT"] == str(DEFAULTS.cassandra.port)
    assert given["SOLERA_CASSANDRA__KEYSPACE"] == DEFAULTS.cassandra.keyspace


def test_the_image_has_every_package_of_the_project() -> None:
    packages = {each.parent.name for each in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    text = (ROOT / "conf/docker/Dockerfile").read_text()
    assert packages <= set(re.findall(r"^COPY (\w+) \./\1$", text, flags=re.M))
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert packages <= {each.removeprefix("!") for each in kept if each.startswith("!")}
