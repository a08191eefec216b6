"""What conf/docker/zeppelin.py writes before it becomes the server."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", ROOT / "conf/docker/zeppelin.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


START = script()
COMPOSED: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["zeppelin"]
SECRETS = {"zeppelin": "long-enough-secret", "analyst": "of/analyst", "token": "of/token"}
VALUES = {name: str(value) for name, value in COMPOSED["environment"].items()} | SECRETS


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Zeppelin as its image lays it out: each interpreter with its own settings in its jar."""
    (tmp_path / "conf").mkdir()
    for name in ("jdbc", "cassandra", "python"):
        folder = tmp_path / "interpreter" / name
        folder.mkdir(parents=True)
        stock = [{"group": name, "name": name, "properties": {"default.url": {"defaultValue": "?", "type": "string"}}}]
        with zipfile.ZipFile(folder / f"zeppelin-{name}-0.12.1.jar", "w") as jar:
            jar.writestr("interpreter-setting.json", json.dumps(stock))
    return tmp_path


def property_of(home: Path, interpreter: str, name: str) -> Any:
    settings = json.loads((home / "interpreter" / interpreter / "interpreter-setting.json").read_text())
    return settings[0]["properties"][name]["defaultValue"]


def test_interpreters_find_solera_as_compose_names_it(home: Path) -> None:
    START.configure(home, VALUES)
    assert property_of(home, "jdbc", "default.url") == "jdbc:hive2://thrift:10010/solera"
    assert property_of(home, "jdbc", "default.password") == "of/token"
    assert property_of(home, "jdbc", "default.driver") == "org.apache.hive.jdbc.HiveDriver"
    assert property_of(home, "cassandra", "cassandra.hosts") == "cassandra"
    assert property_of(home, "cassandra", "cassandra.native.port") == "9042"
    assert property_of(home, "cassandra", "cassandra.credentials.username") == "solera_analyst"
    assert property_of(home, "cassandra", "cassandra.credentials.password") == "of/analyst"
    assert property_of(home, "python", "zeppelin.python.useIPython") is False


def test_only_the_named_user_logs_in(home: Path) -> None:
    START.configure(home, VALUES)
    shiro = (home / "conf/shiro.ini").read_text()
    assert "analyst = long-enough-secret, analyst" in shiro
    assert shiro.rstrip().endswith("/** = authc")
    # Else the login itself asks for a login.
    assert "shiro.loginUrl = /api/login" in shiro
    assert (home / "conf/shiro.ini").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("password", ["", "short", "with, comma and space", "line\nbreak-line-break"])
def test_password_that_shiro_would_misread_is_refused(home: Path, password: str) -> None:
    with pytest.raises(SystemExit, match="at least 12"):
        START.configure(home, VALUES | {"zeppelin": password})


def test_note_is_laid_out_once_and_a_users_own_stays(tmp_path: Path) -> None:
    START.lay_out_notes(ROOT / "notebooks", tmp_path)
    copy = tmp_path / "Solera_2SOLERA01.zpln"
    assert copy.read_bytes() == (ROOT / "notebooks/solera.zpln").read_bytes()
    copy.write_text("changed")
    START.lay_out_notes(ROOT / "notebooks", tmp_path)
    assert copy.read_text() == "changed"


def test_secrets_are_read_where_compose_puts_them(tmp_path: Path) -> None:
    home = Path(COMPOSED["environment"]["SOLERA_HOME"])
    for each in COMPOSED["secrets"]:
        file = tmp_path / Path(each["target"]).relative_to(home)
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{each['source']}'s\n")
    assert START.secrets(tmp_path) == {name: f"{name}'s" for name in SECRETS}


def test_interpreters_are_those_of_the_notes_and_no_shell() -> None:
    removed = re.findall(r"! -name (\w+)", (ROOT / "conf/docker/Dockerfile").read_text())
    note = json.loads((ROOT / "notebooks/solera.zpln").read_text())
    used = {re.match(r"%(\w+)", each["text"]) for each in note["paragraphs"]}
    assert set(removed) == {found[1] for found in used if found} == {"md", "python", "jdbc", "cassandra"}


def test_it_runs_on_the_python_of_its_image() -> None:
    ast.parse((ROOT / "conf/docker/zeppelin.py").read_text(), feature_version=(3, 7))


def test_every_library_is_pinned() -> None:
    lines = (ROOT / "conf/docker/zeppelin.txt").read_text().splitlines()
    assert all(line.startswith("#") or re.fullmatch(r"[\w-]+==[\d.]+", line) for line in lines)
