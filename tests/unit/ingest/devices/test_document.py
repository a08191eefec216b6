"""docs/devices.md names every protocol with its kinds and fields, and the help of `solera register` every protocol."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from typer.testing import CliRunner

from conf.place import ROOT
from ingest.devices.device import TcpConnection
from ingest.devices.registry import PROTOCOLS, Connection
from stack.cli import app

DOCUMENT = (ROOT / "docs/devices.md").read_text()
CONNECTIONS = get_args(get_args(Connection)[0])


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_the_document_names_the_protocol_and_its_fields(connection: type[TcpConnection]) -> None:
    fields = connection.model_fields
    (protocol,) = get_args(fields["protocol"].annotation)
    assert f"`{protocol}` (" in DOCUMENT
    assert [name for name in fields if f"`{name}`" not in DOCUMENT] == []


def test_the_document_names_the_kinds_that_each_reads() -> None:
    (line,) = [line for line in DOCUMENT.splitlines() if line.startswith("| `protocol` |")]
    named = dict(re.findall(r"`([\w-]+)` \(([^)]*)\)", line))
    every = set().union(*PROTOCOLS.values())
    assert named == {each: "any kind" if set(kinds) == every else ", ".join(kinds) for each, kinds in PROTOCOLS.items()}


def test_the_help_of_register_names_every_protocol() -> None:
    said = CliRunner().invoke(app, ["register", "--help"]).output
    assert [each for each in PROTOCOLS if each not in said] == []
