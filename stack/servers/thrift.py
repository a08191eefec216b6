"""The Spark Thrift Server: SQL over JDBC and ODBC."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pyspark

from conf.settings import Settings
from serving_layer.sql import apply as sql
from stack.downloads import java
from stack.process import Service
from store import spark

HEAP_MB = 640


def service(settings: Settings) -> Service:
    """The Thrift Server; ready when it answers a query."""
    conf = settings.thrift
    submit = str(Path(pyspark.__file__).parent / "bin" / "spark-submit")
    # The connector must be on the server's own class path: one added by --jars is lost with its first client.
    class_path = os.pathsep.join(str(path) for path in spark.connector_jars(settings))
    confs = {key: value for key, value in spark.process(settings).items() if key != "spark.driver.extraClassPath"}
    confs |= spark.connections(settings) | {"spark.driver.memory": f"{HEAP_MB}m", "spark.master": "local[2]"}
    data = settings.home / "data" / "thrift"
    log4j = settings.home / "conf" / "thrift" / "log4j2.properties"
    confs["spark.driver.extraJavaOptions"] += f" -Dderby.system.home={data} -Dlog4j2.configurationFile={log4j.as_uri()}"
    # Its database holds views alone, so that it needs no HDFS.
    confs["spark.sql.warehouse.dir"] = (data / "warehouse").as_uri()
    confs |= sql.catalogs()
    properties = settings.home / "conf" / "thrift" / "spark.properties"
    return Service(
        name="thrift",
        command=(
            submit,
            "--class",
            "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
            "--driver-class-path",
            class_path,
            "--properties-file",
            str(properties),
            "spark-internal",
            "--hiveconf",
            f"hive.server2.thrift.port={conf.port}",
            "--hiveconf",
            f"hive.server2.thrift.bind.host={conf.host}",
        ),
        prepare=lambda: _prepare(confs, properties, data),
        ready=lambda: _make_views(settings),
        needs=("cassandra",),
        ports={"thrift.port": conf.port},
        patience=300,
        environment={"JAVA_HOME": str(java.home(settings)), "SPARK_LOCAL_IP": conf.host},
    )


def _prepare(confs: Mapping[str, str], properties: Path, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    java.render("log4j2.properties", {}, properties.parent)
    # A file, not arguments: those of a process are there for everybody to read, and a password may be among them.
    properties.touch(mode=0o600)
    properties.write_text("".join(f"{key}={value}\n" for key, value in confs.items()), encoding="utf-8")


def _make_views(settings: Settings) -> None:
    """Make database ``solera``; the server is of use once it has it."""
    sql.apply(settings)
