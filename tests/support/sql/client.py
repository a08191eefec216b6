"""Asks the SQL server as another program does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from conf import Settings
from stack.servers import thrift

Ask = Callable[[str], list[tuple[Any, ...]]]
"""A statement's rows."""


@contextmanager
def asking(served: Settings) -> Iterator[Ask]:
    """One connection to the server of ``served``, by its token."""
    with thrift.connect(served) as connection:

        def ask(statement: str) -> list[tuple[Any, ...]]:
            with closing(connection.cursor()) as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())

        yield ask
