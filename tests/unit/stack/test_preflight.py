"""Each refusal names what is in the way and the setting that moves it."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import psutil
import pytest

from conf import load_settings
from serving_layer.access.token import token_of
from stack.preflight import Unfit, check, check_python
from stack.process import Service
from stack.up import choose


def test_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        service = Service(name="kafka", command=("none",), ready=lambda: None, ports={"kafka.port": port})
        with pytest.raises(Unfit, match=rf"Port {port} \(kafka\.port\) is in use .*SOLERA_KAFKA__PORT"):
            check(load_settings(home=tmp_path), [service])


def test_too_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Little:
        available = 100 * 2**20

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    service = Service(name="kafka", command=("none",), ready=lambda: None)
    with pytest.raises(Unfit, match=r"Only 0\.1 GB of memory"):
        check(load_settings(home=tmp_path), [service])


def test_too_little_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, 2**20))
    with pytest.raises(Unfit, match="free on the disk"):
        check(load_settings(home=tmp_path), [])


def test_wrong_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    with pytest.raises(Unfit, match=r"This is Python 3\.13; Solera needs 3\.10, 3\.11 or 3\.12"):
        check_python()


def test_names_of_services() -> None:
    assert choose(["servers"]) == ["kafka", "cassandra", "kdc", "namenode", "datanode"]
    assert "simulator" not in choose([])
    with pytest.raises(Unfit, match="There is no service 'kafak'"):
        choose(["kafak"])


def test_token_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    token_of(settings)
    first = (tmp_path / "token").read_text()
    token_of(settings)
    assert (tmp_path / "token").read_text() == first
    assert len(first.strip()) >= 32
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
