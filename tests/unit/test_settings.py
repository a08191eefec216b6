"""Where a setting comes from, and that a cluster's files say only what differs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from conf import load_settings
from conf.place import CONF_DIR
from conf.settings import SettingsFileError
from stack.services import environment

CLUSTERS = ("yarn.toml", "kubernetes.toml")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a stack of their own in the environment."""
    for name in [name for name in os.environ if name.startswith("SOLERA_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", CLUSTERS)
def test_cluster_file_is_laid_over_the_defaults_key_by_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load_settings()
    monkeypatch.setenv("SOLERA_CONF", str(CONF_DIR / name))
    cluster = load_settings()
    assert (cluster.kafka.partitions, cluster.kafka.replication) == (48, 3)
    assert cluster.kafka.max_message_bytes == plain.kafka.max_message_bytes
    assert (cluster.cassandra.replication, cluster.cassandra.consistency) == (3, "LOCAL_QUORUM")
    assert cluster.cassandra.commitlog_sync == "periodic"
    assert cluster.cassandra.keyspace == plain.cassandra.keyspace
    assert cluster.hdfs_path("master", "readings") == f"{cluster.hdfs.uri}/solera/master/readings"
    assert cluster.checkpoints.startswith("hdfs://")
    assert cluster.spark.speed_trigger == plain.spark.speed_trigger
    assert cluster.spark.master.startswith(("yarn", "k8s://"))


@pytest.mark.parametrize(("name", "differs"), [("yarn.toml", {"api"}), ("kubernetes.toml", {"thrift", "api"})])
def test_cluster_file_changes_what_it_must_and_holds_no_login(
    name: str, differs: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = load_settings().model_dump()
    monkeypatch.setenv("SOLERA_CONF", str(CONF_DIR / name))
    cluster = load_settings().model_dump()
    changed = {key for key, value in cluster.items() if value != plain[key]}
    assert changed == differs | {"home", "cache", "kafka", "cassandra", "hdfs", "spark"}
    assert cluster["cassandra"]["username"] == cluster["cassandra"]["password"] == ""


def test_environment_wins_over_the_file_and_the_file_over_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text("[kafka]\npartitions = 12\nreplication = 2\n")
    monkeypatch.setenv("SOLERA_CONF", str(tmp_path / "own.toml"))
    monkeypatch.setenv("SOLERA_KAFKA__PARTITIONS", "24")
    settings = load_settings()
    assert (settings.kafka.partitions, settings.kafka.replication) == (24, 2)
    assert settings.kafka.retention_hours == 168


def test_missing_file_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_CONF", "nowhere.toml")
    with pytest.raises(SettingsFileError, match=r"nowhere\.toml"):
        load_settings()


def test_misspelt_setting_of_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.toml").write_text("[kafka]\npartition = 12\n")
    monkeypatch.setenv("SOLERA_CONF", str(tmp_path / "own.toml"))
    with pytest.raises(ValidationError, match="partition"):
        load_settings()


def test_a_pace_that_spark_would_refuse_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_SPARK__ENERGY_TRIGGER", "10 seconds")
    with pytest.raises(ValidationError, match="energy_trigger"):
        load_settings()
    monkeypatch.setenv("SOLERA_SPARK__ENERGY_TRIGGER", "2m")
    assert load_settings().spark.energy_trigger == "2m"


def test_secret_is_masked_in_print_and_given_to_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLERA_CASSANDRA__PASSWORD", "not-for-logs")
    monkeypatch.setenv("SOLERA_API__TOKEN", "nor-this")
    settings = load_settings()
    assert "not-for-logs" not in f"{settings} {settings!r}"
    assert "nor-this" not in f"{settings} {settings!r}"
    assert environment(settings)["SOLERA_CASSANDRA__PASSWORD"] == "not-for-logs"  # noqa: S105
    assert environment(settings)["SOLERA_API__TOKEN"] == "nor-this"  # noqa: S105


def test_the_home_is_the_checkouts_from_wherever_a_command_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == CONF_DIR.parent / ".solera"
    assert load_settings(home=tmp_path / "other").home == tmp_path / "other"
