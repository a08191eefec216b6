"""conf/kubernetes: its form by the API's own schemas, its manners, and its agreement with the settings and the jobs."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from conf import Settings, load_settings
from conf.logins import ROLES
from conf.place import CONF_DIR
from serving_layer.access.grants import access_file
from stack import foreground
from stack.process import ANSWERED
from tests.containers.kubernetes import pods_of

FOLDER = CONF_DIR / "kubernetes"
TMP = "/tmp"  # noqa: S108  of the pod, another one in each of its lives
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
DOCUMENT = (CONF_DIR.parent / "docs/cluster.md").read_text()
VERSIONS = ("1.32", kubernetes_validate.latest_version())
"""The oldest that is still kept up somewhere, and the newest whose schemas are known."""
OBJECTS: list[dict[str, Any]] = list(
    chain.from_iterable(yaml.safe_load_all((FOLDER / name).read_text()) for name in KUSTOMIZATION["resources"])
)


def named(each: dict[str, Any]) -> str:
    return f"{each['kind']}/{each['metadata']['name']}"


PODS = {named(each): found for each in OBJECTS if (found := pods_of(each))}
EXECUTOR: dict[str, Any] = yaml.safe_load((FOLDER / "executor.yaml").read_text())
CONTAINERS = {f"{owner}/{each['name']}": each for owner, pod in PODS.items() for each in pod["spec"]["containers"]}
DRIVERS = {name: each for name, each in CONTAINERS.items() if each["image"] == "solera-spark"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOLERA_CONF", str(CONF_DIR / "kubernetes.toml"))
    return load_settings()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("each", [*OBJECTS, {"metadata": {"name": "executor"}} | EXECUTOR], ids=named)
def test_form_is_that_of_the_api(each: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize(
    "broken", [{"replica": 1}, {"replicas": "one"}, {"template": {"spec": {"containers": [{"image": "x"}]}}}]
)
def test_the_schemas_refuse_what_is_none(broken: dict[str, Any]) -> None:
    (speed,) = [each for each in OBJECTS if each["metadata"]["name"] == "solera-speed"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(speed | {"spec": speed["spec"] | broken}, VERSIONS[0], strict=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_builds_it_with_the_images_of_one_registry() -> None:
    command = ["kubectl", "kustomize", str(FOLDER)]
    built = list(yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert len(built) == len(OBJECTS) + len(KUSTOMIZATION["configMapGenerator"])
    pods = [pod["spec"] for each in built if (pod := pods_of(each))]
    images = {container["image"] for pod in pods for container in pod["containers"]}
    assert images == {f"{each['newName']}:{each['newTag']}" for each in KUSTOMIZATION["images"]}
    for each in built:
        kubernetes_validate.validate(each, VERSIONS[0], strict=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_the_document_makes_the_secrets(tmp_path: Path) -> None:
    subprocess.run(
        [CONF_DIR / "docker/secrets.sh"], check=True, env={**os.environ, "SECRETS": str(tmp_path / "secrets")}
    )
    shutil.copy(CONF_DIR.parent / ".env.example", tmp_path / ".env")
    lines = re.findall(r"^kubectl .* create secret generic .*$", DOCUMENT.replace("\\\n", ""), flags=re.M)
    made = {}
    for line in lines:
        command = [*shlex.split(line), "--dry-run=client", "--output=yaml"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
        secret = yaml.safe_load(done.stdout)
        made[secret["metadata"]["name"]] = secret["data"]
    asked = [each for container in CONTAINERS.values() for each in container["env"] if "secretKeyRef" in str(each)]
    assert {each["valueFrom"]["secretKeyRef"]["key"] for each in asked} == made["solera"].keys()
    named = {each["secretRef"]["name"] for container in CONTAINERS.values() for each in container.get("envFrom", [])}
    assert {"solera"} | named == made.keys()


def test_executors_have_the_image_of_their_drivers_and_all_have_the_projects_version() -> None:
    project = re.search(r'^version = "(.+)"', (CONF_DIR.parent / "pyproject.toml").read_text(), flags=re.M)
    assert project is not None
    images = {each["name"]: f"{each['newName']}:{each['newTag']}" for each in KUSTOMIZATION["images"]}
    assert {each.rpartition(":")[2] for each in images.values()} == {project[1]}
    assert {each["image"] for each in CONTAINERS.values()} == set(images)
    (given,) = KUSTOMIZATION["configMapGenerator"]
    assert given["literals"] == [f"spark-image={images['solera-spark']}"]
    for target, name in (("solera", "solera"), ("kubernetes", "solera-spark")):
        assert f"--target {target} --tag {images[name]} ." in DOCUMENT


@pytest.mark.parametrize("pod", [*PODS.values(), EXECUTOR], ids=[*PODS, "executor"])
def test_a_pod_keeps_to_the_restricted_standard(pod: dict[str, Any]) -> None:
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
    for each in pod["spec"]["containers"]:
        assert each["securityContext"]["allowPrivilegeEscalation"] is False
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not [each for each in pod["spec"].get("volumes", []) if "hostPath" in each]


def test_drivers_alone_may_ask_the_api_for_pods() -> None:
    for name, pod in PODS.items():
        drives = any(f"{name}/{each['name']}" in DRIVERS for each in pod["spec"]["containers"])
        assert pod["spec"].get("serviceAccountName") == ("spark" if drives else None)
        assert pod["spec"].get("automountServiceAccountToken", True) is drives
        assert (pod["metadata"]["labels"].get("spark-role") == "driver") is drives
    (role,) = [each for each in OBJECTS if each["kind"] == "Role"]
    assert [rule["resources"] for rule in role["rules"]] == [["pods", "configmaps"]]
    assert not [each for each in OBJECTS if each["kind"].startswith("Cluster")]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_bounded_and_writes_in_its_volumes_alone(name: str) -> None:
    container = CONTAINERS[name]
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    mounted = {each["mountPath"] for each in container["volumeMounts"]}
    assert {"/var/lib/solera", TMP} <= mounted


@pytest.mark.parametrize("name", CONTAINERS)
def test_variables_are_settings_and_no_secret_is_written(name: str, settings: Settings) -> None:
    known = {
        f"SOLERA_{part}__{key}".upper()
        for part, field in settings
        if hasattr(field, "model_dump")
        for key in field.model_dump()
    } | {"SOLERA_CONF"}
    given = {each["name"]: each for each in CONTAINERS[name]["env"]}
    assert {each for each in given if each.startswith("SOLERA_")} <= known
    assert Path(given["SOLERA_CONF"]["value"]).name == "kubernetes.toml"
    for key, each in given.items():
        if re.search("(PASSWORD|TOKEN|SECRET|KEY)$", key):
            assert each["valueFrom"]["secretKeyRef"]["name"] == "solera"


@pytest.mark.parametrize("name", CONTAINERS)
def test_each_logs_in_as_its_role(name: str) -> None:
    given = {each["name"]: each for each in CONTAINERS[name]["env"]}
    for server in ("KAFKA", "CASSANDRA"):
        role = given[f"SOLERA_{server}__USERNAME"]["value"].removeprefix("solera_")
        assert role in ROLES
        assert given[f"SOLERA_{server}__PASSWORD"]["valueFrom"]["secretKeyRef"]["key"] == role


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_submits_a_job_that_there_is_with_the_memory_of_the_settings(name: str, settings: Settings) -> None:
    container = DRIVERS[name]
    *options, job = container["args"]
    assert (CONF_DIR.parent / job.removeprefix("/opt/solera/")).is_file()
    assert f"--driver-memory={settings.spark.driver_memory}" in options
    factor = float(spark_conf()["spark.kubernetes.memoryOverheadFactor"])
    heap = int(settings.spark.driver_memory.removesuffix("g")) * 1024
    assert container["resources"]["limits"]["memory"] == f"{int(heap * (1 + factor))}Mi"
    given = {each["name"] for each in container["env"]}
    assert set(re.findall(r"\$\((\w+)\)", "".join(options))) <= given
    (file,) = [each.partition("=")[2] for each in options if each.startswith("--properties-file=")]
    assert file == f"/opt/solera/conf/kubernetes/{(FOLDER / 'spark.conf').name}"


def spark_conf() -> dict[str, str]:
    lines = [each.split(None, 1) for each in (FOLDER / "spark.conf").read_text().splitlines() if each.strip()]
    return {key: value.strip() for key, value in lines if not key.startswith("#")}


def test_drivers_share_what_makes_them_safe(settings: Settings) -> None:
    conf = spark_conf()
    assert conf["spark.master"] == settings.spark.master
    assert conf["spark.authenticate"] == "true"
    options = [f"spark.{each}.extraJavaOptions" for each in ("driver", "executor")]
    for key in ("spark.kubernetes.executor.podTemplateFile", *options):
        assert (CONF_DIR.parent / conf[key].partition("/opt/solera/")[2]).is_file()


def test_plain_processes_are_modules_and_services() -> None:
    for name in CONTAINERS.keys() - DRIVERS.keys():
        python, option, module, *arguments = CONTAINERS[name]["command"]
        assert (python, option) == ("python", "-m")
        assert importlib.util.find_spec(module)
        assert bool(arguments) is (module == foreground.__name__)
        if arguments:
            assert f"{TMP}/{ANSWERED.name} " in CONTAINERS[name]["readinessProbe"]["exec"]["command"][-1]


def test_services_lead_to_the_ports_of_the_settings(settings: Settings) -> None:
    ports = {
        each["metadata"]["name"]: each["spec"]["ports"][0]["port"] for each in OBJECTS if each["kind"] == "Service"
    }
    expected = {"solera-api": settings.api, "solera-sql": settings.thrift, "solera-push": settings.push}
    assert ports == {name: part.port for name, part in expected.items()}
    assert settings.api.hosts == ["solera-api"]
    opened = [port for each in CONTAINERS.values() for port in each.get("ports", [])]
    assert sorted(port["containerPort"] for port in opened) == sorted(ports.values())


def test_nobody_comes_in_who_is_not_named() -> None:
    rules = {each["metadata"]["name"]: each["spec"] for each in OBJECTS if each["kind"] == "NetworkPolicy"}
    assert rules.pop("nobody") == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert all(way["from"] for rule in rules.values() for way in rule["ingress"])


def test_sql_reads_who_has_access_where_the_api_writes_it() -> None:
    folder = str(access_file(load_settings(home=Path("/var/lib/solera"))).parent)
    api, sql = (
        [each for each in CONTAINERS[f"Deployment/solera-serving/{name}"]["volumeMounts"] if each["name"] == "access"]
        for name in ("api", "sql")
    )
    assert api == [{"name": "access", "mountPath": folder}]
    assert sql == [{"name": "access", "mountPath": folder, "readOnly": True}]
