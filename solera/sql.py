"""Questions in SQL, each a DataFrame: what REST does not tell, such as readings and weather."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pandas as pd

from conf import load_settings
from serving_layer.sql import client
from solera.connection import token as token_of


def ask(statement: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The rows of ``statement``, with ``%(name)s`` filled in from ``parameters`` as literals; instants are UTC.

    It asks where the settings say, with the token of :class:`solera.client.Client`. Raises
    :class:`~solera.connection.NoToken`, and PyHive's ``OperationalError`` with the server's reason.
    """
    settings = load_settings()
    with client.connect(settings.thrift, token_of(settings)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement, None if parameters is None else dict(parameters))
        columns = [(name, kind) for name, kind, *_ in cursor.description]
        found: pd.DataFrame = pd.DataFrame(cursor.fetchall(), columns=[name for name, _ in columns])
    for name, kind in columns:
        if kind == "TIMESTAMP_TYPE":
            found[name] = pd.to_datetime(found[name], utc=True)
    return found
