"""A connection to the SQL server, as every client has one: by the token, over SASL PLAIN."""

from __future__ import annotations

import ssl

from pyhive import hive
from pyhive.sasl_compat import PureSASLClient
from thrift.transport.TSocket import TSocket
from thrift.transport.TSSLSocket import TSSLSocket
from thrift_sasl import TSaslClientTransport  # type: ignore[import-untyped]

from conf.sections import ThriftSettings

USER = "solera"
"""Any name will do; the token says who may ask."""
_MECHANISM = "PLAIN"


def connect(place: ThriftSettings, token: str) -> hive.Connection:
    """A connection to the SQL server at ``place``, by TLS where that has a certificate."""

    def sasl() -> PureSASLClient:
        return PureSASLClient(place.host, mechanism=_MECHANISM, username=USER, password=token)

    return hive.connect(None, thrift_transport=TSaslClientTransport(sasl, _MECHANISM, _socket(place)))


def _socket(place: ThriftSettings) -> TSocket:
    if not place.certificate:
        return TSocket(place.host, place.port)
    context = ssl.create_default_context(cafile=place.certificate)
    # The certificate itself is trusted, whoever has signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return TSSLSocket(place.host, place.port, ssl_context=context)
