"""The one Settings object: ``solera.toml``, then the file of ``SOLERA_CONF``, then the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from conf.oidc import OidcSettings
from conf.place import CONF_DIR, ROOT
from conf.refusal import Refusal
from conf.sections import (
    AemetSettings,
    ApiSettings,
    CassandraSettings,
    EsiosSettings,
    ForecastSettings,
    GatewaySettings,
    HdfsSettings,
    KafkaSettings,
    MqttSettings,
    PriceSettings,
    PushSettings,
    SimulatorSettings,
    SourceSettings,
    SparkSettings,
    ThriftSettings,
    WriterSettings,
)


class SettingsFileError(Refusal, FileNotFoundError):
    """``SOLERA_CONF`` names a file that is not there; ignoring it would run a cluster's job on one machine."""


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
    datadis: SourceSettings
    omie: SourceSettings
    esios: EsiosSettings
    price: PriceSettings
    thrift: ThriftSettings
    api: ApiSettings
    oidc: OidcSettings
    writer: WriterSettings
    gateway: GatewaySettings
    push: PushSettings
    mqtt: MqttSettings
    simulator: SimulatorSettings

    def model_post_init(self, _context: Any) -> None:
        """Apply the port offset once; home and cache lie in the checkout, from wherever a command is called."""
        for name in ("home", "cache"):
            object.__setattr__(self, name, (ROOT / getattr(self, name).expanduser()).resolve())
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
