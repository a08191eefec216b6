"""Database ``solera`` for every client of HiveServer2 (JDBC, PyHive): ``python -m serving_layer.sql.server``.

Spark runs inside this process and nobody else may speak to it. The user's name is the client's choice; the password
is a token: the owner's, or one of `solera access`, by which the views have its own installations alone.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

from pyspark.sql import SparkSession
from TCLIService import TCLIService
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TException
from thrift.transport.TTransport import TTransportException

from conf import Settings, load_settings
from serving_layer.access import access_log
from serving_layer.access.door import visible
from serving_layer.access.logins import Logins
from serving_layer.access.person import Person
from serving_layer.reader import Reader
from serving_layer.sql import apply
from serving_layer.sql.engine import Engine
from serving_layer.sql.published.known import knowing
from serving_layer.sql.published.state import BatchSide
from serving_layer.sql.sasl import FRAME_BYTES, PlainLogin, WrongLogin
from serving_layer.sql.scoped import Scopes
from serving_layer.sql.service import Service
from store import spark

HEAP = "640m"
CLIENTS = 64
"""Connections at once; one more is closed."""
LOGIN_SECONDS = 10.0
"""Seconds from the connection to the end of the login."""
IDLE_SECONDS = 3600.0
"""A client that asks nothing for so long is let go."""
CLOSED = {
    "spark.driver.maxResultSize": "256m",
    # No file is a table, and no setting or variable of the environment stands in a statement.
    "spark.sql.runSQLOnFiles": "false",
    "spark.sql.variable.substitute": "false",
    # EXPLAIN says which files and filters, to the end.
    "spark.sql.maxMetadataStringLength": "2000",
}

Asked = Callable[[str, Person, str], Engine]
"""Given the user's name, who it is, and a statement: notes it and returns who answers it."""

log = logging.getLogger(__name__)


def main() -> None:
    """Make the views, then serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    logging.getLogger("thrift").setLevel(logging.CRITICAL)
    # At once: questions at work are not waited for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = load_settings()
    reader = Reader(settings)
    session = _spark(settings)
    threading.Thread(target=_end_with, args=(session,), daemon=True).start()
    known = knowing(reader)
    batch_side = BatchSide(session, settings, known)
    batch_side.renew()
    apply.apply(session, settings)
    engine = Engine(session, batch_side.renew)
    scopes = Scopes(engine, settings, known)
    serve(settings, engine, answering(reader, engine, scopes))


def answering(reader: Reader, engine: Engine, scopes: Scopes) -> Asked:
    """Notes who asks what of which installations, and answers about those that they see."""

    def asked(user: str, who: Person, statement: str) -> Engine:
        if who.sees_all:
            name = who.name if who.role else user
            reader.rows(access_log.INSERT, *access_log.statement_values(name, statement))
            return engine
        shown = [str(each["installation_id"]) for each in visible(reader, who)]
        reader.each(access_log.INSERT, [access_log.statement_values(who.name, statement, each) for each in shown])
        return scopes.of(shown)

    return asked


def _spark(settings: Settings) -> SparkSession:
    """A session inside this process."""
    local = settings.spark.model_copy(update={"master": "local[2]", "driver_memory": HEAP})
    # Its databases hold views and the names of files, none of its own.
    warehouse = (settings.home / "spark" / "sql").as_uri()
    conf = CLOSED | apply.catalogs() | {"spark.sql.warehouse.dir": warehouse}
    return spark.session(settings.model_copy(update={"spark": local}), "sql", **conf)


def _end_with(session: SparkSession) -> None:
    """End this process with its Java: whoever watches over it starts it again."""
    session.sparkContext._gateway.proc.wait()  # type: ignore[union-attr]
    log.error("Spark has ended")
    os._exit(1)


def serve(settings: Settings, engine: Engine, asked: Asked) -> None:
    """Answer whoever connects, each client in its own thread, by what ``asked`` returns for each statement."""
    logins = Logins(settings)
    places = threading.BoundedSemaphore(CLIENTS)
    certificate = settings.thrift.certificate
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if tls is not None:
        tls.load_cert_chain(certificate)
    with socket.create_server((settings.thrift.host, settings.thrift.port), backlog=CLIENTS) as listener:
        log.info("SQL at port %d", settings.thrift.port)
        while True:
            client, _ = listener.accept()
            if tls is not None:
                client = tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
            if places.acquire(blocking=False):
                threading.Thread(target=_converse, args=(client, engine, asked, logins, places), daemon=True).start()
            else:
                client.close()


def _converse(
    client: socket.socket, engine: Engine, asked: Asked, logins: Logins, places: threading.BoundedSemaphore
) -> None:
    transport = PlainLogin(client)
    user = token = ""
    # At each statement, for access may have been taken back since the login.
    service = Service(engine, transport.has_closed, lambda statement: asked(user, logins.enter(token), statement))
    too_late = threading.Timer(LOGIN_SECONDS, _shut, (client,))
    try:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(IDLE_SECONDS)
        too_late.start()
        if isinstance(client, ssl.SSLSocket):
            client.do_handshake()
        user, token = transport.log_in(logins)
        too_late.cancel()
        protocol = TBinaryProtocol(transport, string_length_limit=FRAME_BYTES, container_length_limit=10_000)
        processor = TCLIService.Processor(service)
        while True:
            processor.process(protocol, protocol)
    except WrongLogin as error:
        log.warning("a client was refused: %s", error)
    except (TTransportException, OSError):
        pass  # it has closed the connection
    except (TException, ValueError, EOFError, MemoryError) as error:
        log.warning("a client spoke no HiveServer2: %s", type(error).__name__)
    finally:
        too_late.cancel()
        service.close()
        client.close()
        places.release()


def _shut(client: socket.socket) -> None:
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
