"""docs/devices.md names every protocol and field of a connection."""

from __future__ import annotations

from typing import get_args

import pytest

from conf.place import ROOT
from ingest.devices.device import TcpConnection
from ingest.devices.registry import Connection

DOCUMENT = (ROOT / "docs/devices.md").read_text()
CONNECTIONS = get_args(get_args(Connection)[0])


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_the_document_names_the_protocol_and_its_fields(connection: type[TcpConnection]) -> None:
    fields = connection.model_fields
    (protocol,) = get_args(fields["protocol"].annotation)
    assert f"`{protocol}` (" in DOCUMENT
    assert [name for name in fields if f"`{name}`" not in DOCUMENT] == []
