"""The parts of the settings, one a server or job; their values and reasons stand in ``solera.toml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr

Secret = Annotated[SecretStr, PlainSerializer(SecretStr.get_secret_value)]
"""Masked where settings are printed, plain where they are dumped: a dump is the environment of a child."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Frozen):
    """The broker: where it listens, how topics are made, and who asks (``username`` empty: see ``logins.py``)."""

    host: str
    port: int
    controller_port: int
    bootstrap_servers: str
    username: str
    password: Secret
    security_protocol: Literal["SASL_PLAINTEXT", "SASL_SSL"]
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    partitions: int
    replication: int
    retention_hours: int
    max_message_bytes: int
    fail_on_data_loss: bool


class CassandraSettings(_Frozen):
    """The store of views: contact points, keyspace, durability, who asks (``username`` empty: see ``logins.py``)."""

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
    datanode_host: str
    datanode_port: int
    datanode_http_port: int
    datanode_ipc_port: int
    login: bool
    kdc_port: int
    secrets: str
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
    """The way the night's models are grown; the better engine of those named is published."""

    engines: list[str]
    training_rows: int = Field(gt=0)
    trees: int = Field(gt=0)
    depth: int = Field(gt=0, le=30)


class PriceSettings(_Frozen):
    """Prices that the night forecasts (``market/zone``), their model, and how many days it learns from."""

    series: list[str]
    model: Literal["best", "mean", "lasso", "trees", "mlp"]
    history_days: int = Field(ge=90)


class AemetSettings(_Frozen):
    """AEMET OpenData: where it answers, and how often it may be asked. The key is ``AEMET_API_KEY``."""

    base: str
    per_minute: int = Field(gt=0)


class SourceSettings(_Frozen):
    """Addresses of a source: Datadis, whose login is ``DATADIS_USERNAME`` and ``DATADIS_PASSWORD``, or OMIE."""

    base: str


class EsiosSettings(SourceSettings):
    """Addresses of ESIOS, whose token is ``ESIOS_TOKEN``, and of apidatos."""

    apidatos: str


class Endpoint(_Frozen):
    """A loopback address of one server."""

    host: str
    port: int


class SimulatorSettings(Endpoint):
    """The simulated devices; ``web_port``: where a simulated world's services answer, on loopback alone."""

    web_port: int


class ThriftSettings(Endpoint):
    """The SQL server; ``certificate``: PEM file of certificate and key, with which it speaks TLS."""

    certificate: str


class ApiSettings(Endpoint):
    """REST and page: the bearer token (empty: the one in ``<home>/token``) and what ``/healthz`` looks at."""

    token: Secret
    hosts: list[str]
    """Names beside loopback's and its own under which it may be asked."""
    requests_per_minute: int = Field(gt=5)
    """Requests of each person or service, a sixth of them at once. The owner has no limit."""
    webhook_hosts: list[str]
    """``host:port`` to which webhooks may be sent though they are private or without TLS."""
    watch: list[str]


class WriterSettings(_Frozen):
    """The writer as whom this process signs what it sends to Kafka (``name`` empty: as nobody)."""

    name: str
    secret: Secret


class GatewaySettings(_Frozen):
    """The pace of polling, how much is kept while nothing can be sent, and where it is sent to.

    ``site_file`` empty: the devices of the catalogue; ``deliver_to`` empty: Kafka.
    """

    poll_seconds: float = Field(gt=0)
    outbox_megabytes: int
    outbox_full: Literal["stop", "drop-oldest-day"]
    """The action at that bound: polling stops, or the oldest whole day (UTC) kept is dropped, but never today's."""
    site_file: str
    deliver_to: str
    token: Secret


class MqttSettings(_Frozen):
    """The broker whose topics the rules name (``broker`` empty: none), and how it is entered."""

    broker: str = Field(pattern=r"^$|^[^/\s]+:\d+$")
    username: str
    password: Secret
    tls: bool
    client_id: str = Field(min_length=1)
    ask: list[str]
    """Topics that are published to, empty, so that a device goes on speaking."""
    publish: list[str]
    """Installations whose state and forecasts are published."""


class PushSettings(Endpoint):
    """The address that sites push to, by TLS with a ``certificate``, how much is kept, and how fast one site may be."""

    certificate: str
    key: str
    rules: str
    outbox_megabytes: int
    readings_per_second: float = Field(gt=0)
