"""The one Settings object: ``solera.toml``, then the file of ``SOLERA_CONF``, then the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from conf.refusal import Refusal

CONF_DIR = Path(__file__).resolve().parent
Secret = Annotated[SecretStr, PlainSerializer(SecretStr.get_secret_value)]
"""Masked where settings are printed, plain where they are dumped: a dump is the environment of a child."""


class SettingsFileError(Refusal, FileNotFoundError):
    """``SOLERA_CONF`` names a file that is not there; ignoring it would run a cluster's job on one machine."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Frozen):
    """The broker: where it listens and how topics are made."""

    host: str
    port: int
    controller_port: int
    bootstrap_servers: str
    partitions: int
    replication: int
    retention_hours: int
    max_message_bytes: int
    fail_on_data_loss: bool


class CassandraSettings(_Frozen):
    """The store of views: contact points, keyspace, durability, and who asks (``username`` empty: no login)."""

    host: str
    port: int
    storage_port: int
    contact_points: list[str]
    datacenter: str
    keyspace: str
    username: str
    password: Secret
    replication: int
    consistency: str
    commitlog_sync: str
    heap_mb: int

    @property
    def hosts(self) -> list[str]:
        """Contact points; on one machine the host itself."""
        return self.contact_points or [self.host]


class HdfsSettings(_Frozen):
    """The master dataset's file system."""

    host: str
    port: int
    http_port: int
    datanode_port: int
    datanode_http_port: int
    datanode_ipc_port: int
    uri: str
    root: str
    replication: int


class SparkSettings(_Frozen):
    """Sessions of the speed and batch layers."""

    master: str
    driver_memory: str
    shuffle_partitions: int
    speed_trigger: str
    energy_trigger: str = Field(pattern=r"^\d+(ms|s|m|h)$")
    max_offsets_per_trigger: int
    archive_max_offsets: int
    checkpoint: str


class ForecastSettings(_Frozen):
    """How the night's models are grown; the better engine of those named is published."""

    engines: list[str]
    training_rows: int = Field(gt=0)
    trees: int = Field(gt=0)
    depth: int = Field(gt=0, le=30)


class PriceSettings(_Frozen):
    """Which prices the night forecasts (``market/zone``), by which model, and how many days it learns from."""

    series: list[str]
    model: Literal["best", "mean", "lasso", "trees", "mlp"]
    history_days: int = Field(ge=90)


class AemetSettings(_Frozen):
    """AEMET OpenData: where it answers, and how often it may be asked. The key is ``AEMET_API_KEY``."""

    base: str
    per_minute: int = Field(gt=0)


class Endpoint(_Frozen):
    """A loopback address of one server."""

    host: str
    port: int


class ApiSettings(Endpoint):
    """REST and page: the bearer token (empty: the one in ``<home>/token``) and what ``/healthz`` looks at."""

    token: Secret
    hosts: list[str]
    """Names beside loopback's and its own under which it may be asked."""
    watch: list[str]


class GatewaySettings(_Frozen):
    """How often devices are polled and how much is kept while Kafka is away."""

    poll_seconds: float = Field(gt=0)
    outbox_megabytes: int


class Settings(BaseSettings):
    """All settings, frozen. Ports below already include ``port_offset``; paths are absolute."""

    model_config = SettingsConfigDict(env_prefix="SOLERA_", env_nested_delimiter="__", frozen=True, extra="ignore")

    home: Path
    cache: Path
    port_offset: int
    maven_url: str
    kafka: KafkaSettings
    cassandra: CassandraSettings
    hdfs: HdfsSettings
    spark: SparkSettings
    forecast: ForecastSettings
    aemet: AemetSettings
    price: PriceSettings
    thrift: Endpoint
    api: ApiSettings
    gateway: GatewaySettings
    simulator: Endpoint

    def model_post_init(self, _context: Any) -> None:
        """Apply the port offset once; home and cache lie in the checkout, from wherever a command is called."""
        for name in ("home", "cache"):
            object.__setattr__(self, name, (CONF_DIR.parent / getattr(self, name).expanduser()).resolve())
        for name in type(self).model_fields:
            part = getattr(self, name)
            if isinstance(part, BaseModel):
                ports = {key: value + self.port_offset for key, value in part if key == "port" or key.endswith("_port")}
                object.__setattr__(self, name, part.model_copy(update=ports))

    @property
    def kafka_servers(self) -> str:
        """``bootstrap.servers`` for every Kafka client."""
        return self.kafka.bootstrap_servers or f"{self.kafka.host}:{self.kafka.port}"

    @property
    def hdfs_uri(self) -> str:
        """File system root, e.g. ``hdfs://127.0.0.1:8020``."""
        return self.hdfs.uri or f"hdfs://{self.hdfs.host}:{self.hdfs.port}"

    def hdfs_path(self, *parts: str) -> str:
        """Full URI of a path below the platform's HDFS root, e.g. ``hdfs_path("master", "readings")``."""
        return "/".join([self.hdfs_uri + self.hdfs.root, *parts])

    @property
    def checkpoints(self) -> str:
        """Directory URI of the streaming checkpoints."""
        return self.spark.checkpoint or (self.home / "checkpoints").as_uri()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, that over the named file, that over ``solera.toml``."""
        chosen = os.environ.get("SOLERA_CONF")
        files = [Path(chosen)] if chosen else []
        if files and not files[0].is_file():
            raise SettingsFileError(f"SOLERA_CONF names {chosen}, and there is no such file")
        return (
            init_settings,
            env_settings,
            *(TomlConfigSettingsSource(settings_cls, f) for f in files),
            TomlConfigSettingsSource(settings_cls, CONF_DIR / "solera.toml"),
        )


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; ``overrides`` are top-level fields, as ``load_settings(port_offset=1000)``."""
    return Settings(**overrides)
