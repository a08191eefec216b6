"""The NameNode's report on the file system as a whole."""

from __future__ import annotations

from typing import Any

import requests

from conf import kerberos
from conf.settings import Settings

_QUERY = {"qry": "Hadoop:service=NameNode,name=FSNamesystemState"}


def state(settings: Settings, seconds: float = 5.0) -> dict[str, Any]:
    """Counts and state. Raises :class:`requests.RequestException`, :class:`ValueError` or :class:`KeyError`."""
    with asker(settings) as session:
        (found,) = session.get(f"{pages(settings)}/jmx", params=_QUERY, timeout=seconds).json()["beans"]
    return dict(found)


def pages(settings: Settings) -> str:
    """Address of the NameNode's pages."""
    scheme = "https" if kerberos.is_asked(settings) else "http"
    return f"{scheme}://{settings.hdfs.host}:{settings.hdfs.http_port}"


def asker(settings: Settings) -> requests.Session:
    """A session that may read them."""
    session = requests.Session()
    if kerberos.is_asked(settings):
        session.trust_env = False
        session.cert = session.verify = str(kerberos.certificate(settings))
    return session
