"""NameNode and DataNode of one machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

from conf import kerberos
from conf.settings import Settings
from stack.downloads import java
from stack.kerberos import certificate
from stack.process import Service
from store.hadoop import namenode as asked

HEAP_MB = 160
_NOBODY = "HTTP/nobody@SOLERA"
"""Pages know their readers by certificate: the login that Hadoop wants named here is nobody's."""
_WEB_DIRECTORIES = ("webapps/hdfs", "webapps/datanode", "webapps/static")


def namenode(settings: Settings) -> Service:
    """The NameNode; ready when it says its state."""
    conf = settings.hdfs
    return Service(
        name="namenode",
        command=_command(settings, "org.apache.hadoop.hdfs.server.namenode.NameNode"),
        prepare=lambda: _format(settings),
        ready=lambda: _answers(settings),
        needs=("kdc",),
        ports={"hdfs.port": conf.port, "hdfs.http_port": conf.http_port},
    )


def datanode(settings: Settings) -> Service:
    """The DataNode; ready when the NameNode counts it as live, and is out of safe mode."""
    conf = settings.hdfs
    return Service(
        name="datanode",
        command=_command(settings, "org.apache.hadoop.hdfs.server.datanode.DataNode", *_shut(settings)),
        prepare=lambda: _configure(settings),
        ready=lambda: _serves(settings),
        needs=("kdc",),
        ports={
            "hdfs.datanode_port": conf.datanode_port,
            "hdfs.datanode_http_port": conf.datanode_http_port,
            "hdfs.datanode_ipc_port": conf.datanode_ipc_port,
        },
    )


def _directory(settings: Settings) -> Path:
    return settings.home / "conf" / "hdfs"


def _command(settings: Settings, main: str, *arguments: str) -> tuple[str, ...]:
    options: tuple[str, ...] = ("--add-opens=java.base/java.lang=ALL-UNNAMED", "-XX:+UseSerialGC", *java.QUICK)
    if kerberos.is_asked(settings):
        realm = f"-Djava.security.krb5.conf={kerberos.realm_file(settings)}"
        # Who could hear a ticket on loopback, to say it again, is root.
        options = (*options, realm, "-Dsun.security.krb5.rcache=none")
    return java.command(
        settings,
        "hadoop",
        main,
        *arguments,
        heap_mb=HEAP_MB,
        options=options,
        classpath=[_directory(settings)],
    )


def _configure(settings: Settings) -> None:
    directory = _directory(settings)
    conf = settings.hdfs
    values = conf.model_dump() | {
        "data": settings.home / "data" / "hdfs",
        "datanode_host": conf.datanode_host or conf.host,
    }
    login = _login(settings)
    java.render("hdfs-site.xml", values | {"login": login}, directory)
    java.render("core-site.xml", {"login": login}, directory)
    java.render("log4j.properties", {}, directory)
    for name in _WEB_DIRECTORIES:
        # The servers refuse to start without the directories of their web pages, which the jars do not bring.
        (directory / name).mkdir(parents=True, exist_ok=True)


def _login(settings: Settings) -> str:
    """Hadoop's configuration of the login, as properties of XML; nothing where none is asked for."""
    if not kerberos.is_asked(settings):
        return ""
    directory, conf = _directory(settings), settings.hdfs
    values = {"store": certificate.store(settings), "password": certificate.password(settings)}
    java.render("ssl-server.xml", values, directory).chmod(0o600)
    key_file = str(kerberos.key_file(settings))
    known = kerberos.hadoop(settings) | {
        "dfs.namenode.keytab.file": key_file,
        "dfs.datanode.keytab.file": key_file,
        "dfs.namenode.kerberos.internal.spnego.principal": kerberos.PRINCIPAL,
        "dfs.web.authentication.kerberos.principal": _NOBODY,
        "dfs.web.authentication.kerberos.keytab": key_file,
        "dfs.http.policy": "HTTPS_ONLY",
        "dfs.client.https.need-auth": "true",
        "hadoop.ssl.require.client.cert": "true",
        "dfs.namenode.https-address": f"{conf.host}:{conf.http_port}",
        "dfs.datanode.https.address": f"{conf.datanode_host or conf.host}:{conf.datanode_http_port}",
    }
    return "\n".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>"
        for name, value in known.items()
    )


def _shut(settings: Settings) -> list[str]:
    """Settings that shut a DataNode's own pages, at a port of its choice where no certificate is asked for."""
    if not kerberos.is_asked(settings):
        return []
    secret = kerberos.secrets(settings) / "pages"
    values = {
        "filter.initializers": "org.apache.hadoop.security.AuthenticationFilterInitializer",
        "authentication.type": "kerberos",
        "authentication.kerberos.principal": _NOBODY,
        "authentication.kerberos.keytab": str(kerberos.key_file(settings)),
        "authentication.signature.secret.file": str(secret),
    }
    return [part for name, value in values.items() for part in ("-D", f"hadoop.http.{name}={value}")]


def _format(settings: Settings) -> None:
    _configure(settings)
    if (settings.home / "data" / "hdfs" / "name" / "current" / "VERSION").is_file():
        return
    main = "org.apache.hadoop.hdfs.server.namenode.NameNode"
    tool = _command(settings, main, "-format", "-nonInteractive", "-force")
    subprocess.run(tool, check=True, capture_output=True, text=True)  # noqa: S603


def _answers(settings: Settings) -> None:
    asked.state(settings)


def _serves(settings: Settings) -> None:
    state = asked.state(settings)
    if state["NumLiveDataNodes"] < 1 or state["FSState"] != "Operational":
        raise ConnectionError(f"HDFS is not writable yet: {state['FSState']}")
