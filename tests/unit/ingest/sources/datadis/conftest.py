"""The login of the tests, and settings that lead to the service on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf import Settings, load_settings
from tests.support.peers.datadis_service import Service

NIF, PASSWORD = "12345678Z", "secret"


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of somebody whom nobody has authorised."""
    monkeypatch.setenv("DATADIS_USERNAME", NIF)
    monkeypatch.setenv("DATADIS_PASSWORD", PASSWORD)
    monkeypatch.delenv("DATADIS_AUTHORISED_NIFS", raising=False)


@pytest.fixture
def own(service: Service, tmp_path: Path) -> Settings:
    """Settings of a home of one's own; each module has a ``service`` of its own."""
    plain = load_settings(home=tmp_path)
    return plain.model_copy(update={"datadis": plain.datadis.model_copy(update={"base": service.base})})
