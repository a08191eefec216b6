"""The one way to a Spark session: UTC, loopback, the Kafka and Cassandra connectors, HDFS as file system."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from py4j.java_gateway import JavaObject  # type: ignore[import-untyped]
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import DataFrame, SparkSession

from conf import jars, java, kerberos, logins
from conf.place import CONF_DIR
from conf.refusal import Refusal
from conf.settings import Settings
from store.hadoop.login import log_in

CATALOG = "cass"
"""Spark SQL sees Cassandra's tables as ``cass.<keyspace>.<table>``."""


CASSANDRA = "org.apache.spark.sql.cassandra"
"""The format of a table of Cassandra."""


class NotFetched(Refusal):
    """Java or a connector jar is not on this machine yet; the text says how it comes."""


def cassandra_table(spark: SparkSession, settings: Settings, name: str) -> DataFrame:
    """A table of the platform's keyspace as it stands when it is read."""
    names = {"table": name, "keyspace": settings.cassandra.keyspace}
    return spark.read.format(CASSANDRA).options(**names).load()


def session(settings: Settings, app_name: str, **extra_conf: str) -> SparkSession:
    """The process's session, made where none runs; ``extra_conf`` wins: ``**{"spark.ui.enabled": "true"}``.

    Under ``spark-submit`` master, memory and jars are the submission's. Raises :class:`NotFetched`.
    """
    conf = connections(settings) | extra_conf
    if "PYSPARK_GATEWAY_PORT" not in os.environ and SparkSession.getActiveSession() is None:
        conf = process(settings) | conf
        os.environ["JAVA_HOME"] = str(_java_home(settings))
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        # Workers run this very Python, not whatever python3 the path finds first.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # Every user of the machine can read the JVM's command line: passwords reach it later, through its socket.
        started_with = SparkConf(loadDefaults=False).setAll(list(process(settings).items()))
        SparkContext._ensure_initialized(conf=started_with)
    log_in(settings)
    builder = SparkSession.builder.appName(app_name)
    for key, value in conf.items():
        builder = builder.config(key, value)
    on_interrupt = signal.getsignal(signal.SIGINT)
    spark = builder.getOrCreate()
    if threading.current_thread() is threading.main_thread():
        # Spark's own handler outlives its session, and then fails where Ctrl-C should end the process.
        signal.signal(signal.SIGINT, on_interrupt)
    _guard_callbacks(spark)
    _keep_classes(spark)
    return spark


def _keep_classes(spark: SparkSession) -> None:
    """Let Python keep the classes that it asks Java for with each column: Java searches all its jars each time."""
    jvm: Any = spark.sparkContext._jvm
    for name in ("functions", "PythonUtils", "PythonSQLUtils"):
        setattr(jvm, name, getattr(jvm, name))


def _guard_callbacks(spark: SparkSession) -> None:
    """Let the port at which Java calls Python back ask for the secret that Java's own port asks for."""
    gateway: Any = spark.sparkContext._gateway
    secret = gateway.gateway_parameters.auth_token
    if gateway.callback_server_parameters.auth_token == secret:
        return
    gateway.callback_server_parameters.auth_token = secret
    ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]
    # Java's side forgets the secret when it is told the port, and has no other way to be given it.
    held = gateway.jvm.java.lang.Class.forName("py4j.CallbackClient").getDeclaredField("authToken")
    held.setAccessible(True)
    held.set(JavaObject("GATEWAY_SERVER", gateway._gateway_client).getCallbackClient(), secret)


def connections(settings: Settings) -> dict[str, str]:
    """Configuration that says where things are and how they are read; the same on any cluster."""
    cassandra = settings.cassandra
    login = logins.cassandra(settings)
    names = ("spark.cassandra.auth.username", "spark.cassandra.auth.password")
    known = _files(settings) | (dict(zip(names, login, strict=True)) if login else {})
    return known | {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(settings.spark.shuffle_partitions),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Workers share the cores already; small matrices on many threads each take ten times as long.
        "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
        "spark.sql.extensions": "com.datastax.spark.connector.CassandraSparkExtensions",
        f"spark.sql.catalog.{CATALOG}": "com.datastax.spark.connector.datasource.CassandraCatalog",
        "spark.cassandra.connection.host": ",".join(cassandra.hosts),
        "spark.cassandra.connection.port": str(cassandra.port),
        "spark.cassandra.connection.localDC": cassandra.datacenter,
        "spark.cassandra.output.consistency.level": cassandra.consistency,
        "spark.cassandra.input.consistency.level": cassandra.consistency,
        # An absent field must leave no tombstone, and must not erase what another message said.
        "spark.cassandra.output.ignoreNulls": "true",
        # One sync of the commit log serves all batches in flight: many small writers wait less.
        "spark.cassandra.output.concurrent.writes": "100",
        "spark.cassandra.output.batch.size.bytes": str(64 * 1024),
        # Live rows are each of another partition: one request a replica set, not one a row.
        "spark.cassandra.output.batch.grouping.key": "replica_set",
        "spark.cassandra.connection.keepAliveMS": "60000",
        # The connector waits ever longer, up to a minute, for a node that is back in ten seconds.
        "spark.cassandra.connection.reconnectionDelayMS.min": "500",
        "spark.cassandra.connection.reconnectionDelayMS.max": "1000",
    }


def _files(settings: Settings) -> dict[str, str]:
    """Settings of how files are found, read and written."""
    return {
        # The default writes twelve bytes without bounds, by which no reader can tell a file that it need not open.
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # Folders are listed in this many tasks, not one each: a year's days would cost seconds.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(settings.spark.shuffle_partitions),
        **{f"spark.hadoop.{name}": value for name, value in kerberos.hadoop(settings).items()},
        "spark.hadoop.fs.defaultFS": settings.hdfs_uri,
        "spark.hadoop.dfs.replication": str(settings.hdfs.replication),
        "spark.hadoop.dfs.client.use.datanode.hostname": "false",
        # A file is closed once its block is reported, some milliseconds later; the default looks again after 400 ms.
        "spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "5",
        "spark.hadoop.dfs.client.block.write.locateFollowingBlock.retries": "12",
    }


def process(settings: Settings) -> dict[str, str]:
    """Configuration that must stand before the JVM starts: master, memory, jars, loopback."""
    found = [str(path) for path in connector_jars(settings)]
    return {
        "spark.master": settings.spark.master,
        "spark.driver.memory": settings.spark.driver_memory,
        **(_local(found) if settings.spark.master.startswith("local") else {"spark.jars": ",".join(found)}),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # Jobs of several pools share the cores; without a pool they go one after the other, as by default.
        "spark.scheduler.mode": "FAIR",
        # One process has no other host to wait for, and its scheduler never looks again: a task would wait for ever.
        "spark.locality.wait": "0s",
        "spark.python.daemon.module": "store.python_daemon",
        "spark.ui.enabled": "false",
        # Each query's plan is written out even so: at length, as by default, takes twice the time of this.
        "spark.sql.ui.explainMode": "simple",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+ExitOnOutOfMemoryError -XX:+UseParallelGC "
        f"-Dlog4j2.configurationFile={(CONF_DIR / 'log4j2.properties').as_uri()}",
        "spark.local.dir": str(settings.home / "spark"),
        "spark.sql.warehouse.dir": str(settings.home / "spark" / "warehouse"),
    }


def _local(jars_found: Sequence[str]) -> dict[str, str]:
    """Settings where driver and executor are one process of this machine."""
    return {
        # The session's own class path: jars added later are copied at each start and lost to other sessions.
        "spark.driver.extraClassPath": os.pathsep.join(jars_found),
        # Every user of the machine reaches the driver's ports; Spark makes itself a secret that opens them.
        "spark.authenticate": "true",
    }


def connector_jars(settings: Settings) -> list[Path]:
    """The Kafka and Cassandra connectors in the cache. Raises :class:`NotFetched`."""
    found = jars.paths("spark", settings.cache)
    missing = [path.name for path in found if not path.is_file()]
    if missing:
        raise NotFetched(f"Spark lacks {missing[0]}: run `solera up`, which fetches it.")
    return found


def _java_home(settings: Settings) -> Path:
    home = java.find(settings.cache)
    if home is None:
        raise NotFetched("There is no Java 17: set JAVA_HOME, or run `solera up`, which fetches one.")
    return home
