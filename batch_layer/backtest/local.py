"""A Spark session of this machine alone, for work that needs no server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from conf.place import CONF_DIR


def local_session(java_home: Path, scratch: Path, app_name: str) -> SparkSession:
    """A session on every core with Java at ``java_home``; shuffles and spills go below ``scratch``."""
    os.environ["JAVA_HOME"] = str(java_home)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[*]").appName(app_name)
    conf = {
        "spark.driver.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.authenticate": "true",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC "
        f"-Dlog4j2.configurationFile={(CONF_DIR / 'log4j2.properties').as_uri()}",
        "spark.local.dir": str(scratch),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Workers share the cores already; small matrices on many threads each take ten times as long.
        "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
    }
    for key, value in conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
