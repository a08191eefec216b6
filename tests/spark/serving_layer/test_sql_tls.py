"""With a certificate the SQL server speaks TLS alone, to clients that trust it."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from pyhive import exc
from thrift.transport.TTransport import TTransportException

from conf import Settings
from serving_layer.sql.engine import Engine
from stack.servers import thrift
from tests.support.sql.client import asking
from tests.support.sql.served import answer

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def certificate(folder: Path, name: str) -> Path:
    """A PEM file of a key and its certificate for 127.0.0.1."""
    path = folder / f"{name}.pem"
    key = folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=solera", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + key.read_text())
    return path


def named(settings: Settings, port: int, path: Path | str) -> Settings:
    """Settings of a server at ``port`` whose certificate is ``path``."""
    thrift = settings.thrift.model_copy(update={"port": port, "certificate": str(path)})
    return settings.model_copy(update={"thrift": thrift})


@pytest.fixture(scope="module")
def secured(engine: Engine, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = named(settings, port, certificate(tmp_path_factory.mktemp("tls"), "ours"))
    answer(here, engine, lambda *_: engine)
    return here


def test_a_client_that_trusts_the_certificate_is_answered(secured: Settings) -> None:
    with asking(secured) as ask:
        assert ask("SELECT count(*) FROM range(20000)") == [(20000,)]
        assert len(ask("SELECT id FROM range(20000)")) == 20000
        with pytest.raises(exc.OperationalError):
            ask("DROP VIEW solera.energy")


def test_a_client_without_tls_gets_no_answer(secured: Settings) -> None:
    with pytest.raises((TTransportException, OSError)):
        thrift.connect(named(secured, secured.thrift.port, "")).close()


def test_another_certificate_is_not_trusted(secured: Settings, tmp_path: Path) -> None:
    other = named(secured, secured.thrift.port, certificate(tmp_path, "theirs"))
    # Thrift trips over its own socket once it has refused it.
    with pytest.raises((TTransportException, AttributeError)) as raised:
        thrift.connect(other).close()
    error: BaseException | None = raised.value
    while error is not None and not isinstance(error, TTransportException):
        error = error.__context__
    assert error is not None
    assert isinstance(error.inner, ssl.SSLCertVerificationError)


def test_a_client_that_never_says_hello_holds_nobody_up(secured: Settings) -> None:
    with socket.create_connection(("127.0.0.1", secured.thrift.port)), asking(secured) as ask:
        assert ask("SELECT 1") == [(1,)]


def test_it_speaks_no_old_tls(secured: Settings) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", secured.thrift.port)) as plain, context.wrap_socket(plain) as secure:
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
