"""The SQL server as a client asks it, by JDBC's own protocol."""

from __future__ import annotations

import ssl

from pyhive import hive
from pyhive.sasl_compat import PureSASLClient
from thrift.transport.TSocket import TSocket
from thrift.transport.TSSLSocket import TSSLSocket
from thrift_sasl import TSaslClientTransport  # type: ignore[import-untyped]

from conf.settings import Settings
from serving_layer.access.token import token_of

USER = "solera"
"""Any name will do; the token says who may ask."""
_MECHANISM = "PLAIN"


def connect(settings: Settings) -> hive.Connection:
    """A connection to it as a person has one: by the token."""
    token = token_of(settings)

    def sasl() -> PureSASLClient:
        return PureSASLClient(settings.thrift.host, mechanism=_MECHANISM, username=USER, password=token)

    return hive.connect(None, thrift_transport=TSaslClientTransport(sasl, _MECHANISM, _socket(settings)))


def ask(settings: Settings) -> None:
    """Ask it a small question; raises where it does not serve."""
    with connect(settings) as connection:
        connection.cursor().execute("DESCRIBE solera.energy")


def _socket(settings: Settings) -> TSocket:
    conf = settings.thrift
    if not conf.certificate:
        return TSocket(conf.host, conf.port)
    context = ssl.create_default_context(cafile=conf.certificate)
    # The certificate itself is trusted, whoever has signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return TSSLSocket(conf.host, conf.port, ssl_context=context)
