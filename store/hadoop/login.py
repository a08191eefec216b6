"""The login of a Spark session's Java at this machine's own HDFS."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark import SparkContext

from conf import kerberos
from conf.settings import Settings

AGAIN_SECONDS = 2.0

log = logging.getLogger(__name__)


def log_in(settings: Settings) -> None:
    """Log this process's Java in, where HDFS asks for it; again and again where nobody gives tickets yet.

    Spark works without HDFS meanwhile, as it does while HDFS is away.
    """
    if not kerberos.is_asked(settings):
        return
    SparkContext._ensure_initialized()
    if not _is_in(settings) and (why := _refused(settings)):
        log.info("HDFS does not let this process in yet: %s", why)
        threading.Thread(target=_until_in, args=(settings,), daemon=True).start()


def _until_in(settings: Settings) -> None:
    while _refused(settings):
        time.sleep(AGAIN_SECONDS)
    log.info("HDFS has let this process in")


def _refused(settings: Settings) -> str:
    """The reason why there was no login; empty where there was."""
    if not kerberos.key_file(settings).is_file():
        return "`solera up` has made no key"
    jvm: Any = SparkContext._jvm
    jvm.java.lang.System.setProperty("java.security.krb5.conf", str(kerberos.realm_file(settings)))
    # Java has read the file that was named before, and does not look again by itself.
    jvm.sun.security.krb5.Config.refresh()
    # It tells Hadoop what it knows when it is made, which may not be after this.
    jvm.org.apache.spark.deploy.SparkHadoopUtil.get()
    configuration = jvm.org.apache.hadoop.conf.Configuration()
    for name, value in kerberos.hadoop(settings).items():
        configuration.set(name, value)
    users = jvm.org.apache.hadoop.security.UserGroupInformation
    users.setConfiguration(configuration)
    try:
        users.loginUserFromKeytab(kerberos.PRINCIPAL, str(kerberos.key_file(settings)))
    except Py4JJavaError as error:
        return str(error.java_exception.getMessage())
    return ""


def _is_in(settings: Settings) -> bool:
    jvm: Any = SparkContext._jvm
    named = jvm.java.lang.System.getProperty("java.security.krb5.conf")
    users = jvm.org.apache.hadoop.security.UserGroupInformation
    return named == str(kerberos.realm_file(settings)) and bool(users.isLoginKeytabBased())
