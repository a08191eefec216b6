"""Attempts at the files of HDFS: by Hadoop's client, from the DataNode's port directly, by its pages, for a ticket."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import requests

from conf import Settings, jars, java, kerberos
from tests.support.doors.ports import greeted

_READ_BLOCK, _VERSION = 81, 28


def shell(settings: Settings, *words: str, options: dict[str, str], environment: dict[str, str]) -> tuple[int, str]:
    """Exit code and output of ``hdfs dfs`` with ``options`` of Hadoop, by whoever calls."""
    home = java.find(settings.cache)
    assert home
    plain = {"fs.defaultFS": settings.hdfs_uri, "ipc.client.connect.max.retries": "1"} | options
    given = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in plain.items())
    realm = environment.get("KRB5_CONFIG", "/nowhere")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("core-site.xml", "hdfs-site.xml"):
            Path(folder, name).write_text(f"<configuration>{given}</configuration>")
        path = os.pathsep.join([folder, *map(str, jars.paths("hadoop", settings.cache))])
        start = [f"-Djava.security.krb5.conf={realm}", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", path]
        command = [str(home / "bin" / "java"), *start, "org.apache.hadoop.fs.FsShell", *words]
        given_to = {**os.environ, **environment}
        done = subprocess.run(command, env=given_to, cwd=folder, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + (done.stderr if done.returncode else "")


def as_owner(settings: Settings, *words: str) -> tuple[int, str]:
    """The same by who has the key."""
    key = {"KRB5PRINCIPAL": kerberos.PRINCIPAL, "KRB5KEYTAB": str(kerberos.key_file(settings))}
    environment = key | {"KRB5_CONFIG": str(kerberos.realm_file(settings))}
    return shell(settings, *words, options=kerberos.hadoop(settings), environment=environment)


def as_other(settings: Settings, name: str, *words: str) -> tuple[tuple[int, str], ...]:
    """The same by who says that they are ``name``: without a login, and knowing of the login."""
    environment = {"HADOOP_USER_NAME": name, "HADOOP_PROXY_USER": name}
    ways: tuple[dict[str, str], ...] = ({}, kerberos.hadoop(settings))
    return tuple(shell(settings, *words, options=way, environment=environment) for way in ways)


def blocks(settings: Settings) -> list[tuple[str, int, int, bytes]]:
    """Pool, number, stamp and content of the blocks that the DataNode of this home keeps."""
    root = settings.home / "data" / "hdfs" / "data" / "current"
    found = []
    for meta in root.glob("BP-*/current/finalized/**/blk_*.meta"):
        _, number, stamp = meta.stem.split("_")
        content = meta.with_name(f"blk_{number}").read_bytes()
        found.append((meta.relative_to(root).parts[0], int(number), int(stamp), content))
    return found


def read_block(settings: Settings, pool: str, number: int, stamp: int, size: int) -> bytes:
    """What the DataNode says to who asks it for a block without a login."""
    block = _text(1, pool.encode()) + _number(2, number) + _number(3, stamp) + _number(4, size)
    asked = _text(1, _text(1, _text(1, block)) + _text(2, b"test")) + _number(2, 0) + _number(3, size)
    return greeted(settings.hdfs.datanode_port, struct.pack(">HB", _VERSION, _READ_BLOCK) + _varint(len(asked)) + asked)


def _text(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def statuses(ports: Iterable[int], paths: Iterable[str]) -> dict[tuple[int, str], int | None]:
    """What :func:`page` says of each path at each port."""
    return {(port, path): page(port, path) for port in ports for path in paths}


def page(port: int, path: str) -> int | None:
    """The status with which a page of HDFS answers who shows no certificate, by HTTP or HTTPS; None where none does."""
    asker = requests.Session()
    asker.verify, asker.headers["X-XSRF-HEADER"] = False, ""
    for scheme in ("https", "http"):
        try:
            answer = asker.get(f"{scheme}://127.0.0.1:{port}{path}", timeout=20)
        except requests.RequestException:
            continue
        return answer.status_code
    return None


def opens(port: int, certificate: Path) -> bool:
    """Whether a page opens for who shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(certificate)
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        try:
            with context.wrap_socket(plain) as secure:
                secure.sendall(b"GET /jmx HTTP/1.0\r\n\r\n")
                return secure.recv(1) != b""
        except (ssl.SSLError, ConnectionError):
            return False
