"""Starts Zeppelin in its container: who may log in, where its interpreters find Solera, and the notes.

Addresses come from the environment that docker-compose.yml gives, passwords from the secrets below ``SOLERA_HOME``;
nothing of it is in the image. Standard library only, and Python 3.7: that of the ``apache/zeppelin`` image.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INTERPRETERS: dict[str, dict[str, Any]] = {
    "jdbc": {
        "default.driver": "org.apache.hive.jdbc.HiveDriver",
        "default.url": "jdbc:hive2://{SOLERA_THRIFT__HOST}:{SOLERA_THRIFT__PORT}/solera",
        "default.user": "solera",
        "default.password": "{token}",
    },
    "cassandra": {
        "cassandra.hosts": "{SOLERA_CASSANDRA__HOST}",
        "cassandra.native.port": "{SOLERA_CASSANDRA__PORT}",
        "cassandra.cluster": "solera",
        "cassandra.keyspace": "{SOLERA_CASSANDRA__KEYSPACE}",
        "cassandra.credentials.username": "{SOLERA_CASSANDRA__USERNAME}",
        "cassandra.credentials.password": "{analyst}",
    },
    "python": {"zeppelin.python": sys.executable, "zeppelin.python.useIPython": False},
}
SECRETS = {"token": "token", "analyst": "secrets/analyst", "zeppelin": "secrets/zeppelin"}
"""The place of each secret below ``SOLERA_HOME``."""
SHIRO = """[users]
analyst = {zeppelin}, analyst

[main]
shiro.loginUrl = /api/login
sessionManager = org.apache.shiro.web.session.mgt.DefaultWebSessionManager
securityManager.sessionManager = $sessionManager
securityManager.sessionManager.globalSessionTimeout = 86400000

[roles]
analyst = *

[urls]
/api/version = anon
/** = authc
"""


def main() -> None:
    """Write the settings, lay out the notes and become the server."""
    home = Path(os.environ["ZEPPELIN_HOME"])
    configure(home, {**os.environ, **secrets(Path(os.environ["SOLERA_HOME"]))})
    lay_out_notes(Path("/opt/solera/notebooks"), Path(os.environ["ZEPPELIN_NOTEBOOK_DIR"]))
    server = str(home / "bin" / "zeppelin.sh")
    os.execv(server, [server])  # noqa: S606


def secrets(home: Path) -> dict[str, str]:
    """The passwords of which Zeppelin has need, from their files."""
    return {name: (home / file).read_text().strip() for name, file in SECRETS.items()}


def configure(home: Path, values: Mapping[str, str]) -> None:
    """Write ``shiro.ini`` and the interpreters' properties below Zeppelin's ``home``; ``values`` fill them in."""
    if not re.fullmatch(r"[\w.~+/=-]{12,}", values["zeppelin"]):
        sys.exit(
            "The secret zeppelin needs at least 12 letters, digits or . ~ + / = - _: it is a password of shiro.ini"
        )
    shiro = home / "conf" / "shiro.ini"
    shiro.touch(mode=0o600)
    shiro.write_text(SHIRO.format(**values))
    for name, properties in INTERPRETERS.items():
        for jar in home.glob(f"interpreter/{name}/zeppelin-{name}-*.jar"):
            settings = set_properties(stock_settings(jar), properties, values)
            (jar.parent / "interpreter-setting.json").write_text(json.dumps(settings, indent=2))


def stock_settings(jar: Path) -> list[dict[str, Any]]:
    """The settings that an interpreter brings itself."""
    with zipfile.ZipFile(jar) as archive:
        settings: list[dict[str, Any]] = json.loads(archive.read("interpreter-setting.json"))
    return settings


def set_properties(
    settings: list[dict[str, Any]], properties: Mapping[str, Any], values: Mapping[str, str]
) -> list[dict[str, Any]]:
    """``settings`` whose first interpreter has ``properties`` as defaults, filled in from ``values``."""
    for name, value in properties.items():
        filled = value.format(**values) if isinstance(value, str) else value
        settings[0]["properties"].setdefault(name, {"propertyName": name, "type": "string"})["defaultValue"] = filled
    return settings


def lay_out_notes(source: Path, notebook: Path) -> None:
    """Copy each note that is not there yet under the name Zeppelin reads, ``<name>_<id>.zpln``; a user's own stays."""
    for file in source.glob("*.zpln"):
        note = json.loads(file.read_text(encoding="utf-8"))
        copy = notebook / f"{note['name']}_{note['id']}.zpln"
        if not copy.exists():
            shutil.copyfile(file, copy)


if __name__ == "__main__":
    main()
