"""Starts Zeppelin in its container: who may log in, where its interpreters find Solera, and the notes.

Everything comes from the environment that docker-compose.yml gives; nothing of it is in the image. Standard
library only: this runs in the Python of the ``apache/zeppelin`` image.
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
        "default.password": "{SOLERA_API__TOKEN}",
    },
    "cassandra": {
        "cassandra.hosts": "{SOLERA_CASSANDRA__HOST}",
        "cassandra.native.port": "{SOLERA_CASSANDRA__PORT}",
        "cassandra.cluster": "solera",
        "cassandra.keyspace": "{SOLERA_CASSANDRA__KEYSPACE}",
        "cassandra.credentials.username": "{SOLERA_CASSANDRA__USERNAME}",
        "cassandra.credentials.password": "{SOLERA_CASSANDRA__PASSWORD}",
    },
    "python": {"zeppelin.python": sys.executable, "zeppelin.python.useIPython": False},
}
SHIRO = """[users]
{user} = {password}, analyst

[main]
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
    configure(home, os.environ)
    lay_out_notes(Path("/opt/solera/notebooks"), Path(os.environ["ZEPPELIN_NOTEBOOK_DIR"]))
    server = str(home / "bin" / "zeppelin.sh")
    os.execv(server, [server])  # noqa: S606


def configure(home: Path, environment: Mapping[str, str]) -> None:
    """Write ``shiro.ini`` and the interpreters' properties below Zeppelin's ``home``."""
    user, password = environment["ZEPPELIN_USER"], environment["ZEPPELIN_PASSWORD"]
    if not re.fullmatch(r"\w+", user) or not re.fullmatch(r"[\w.~+/=-]{12,}", password):
        sys.exit(
            "ZEPPELIN_PASSWORD needs at least 12 letters, digits or . ~ + / = - _, ZEPPELIN_USER letters or digits"
        )
    shiro = home / "conf" / "shiro.ini"
    shiro.touch(mode=0o600)
    shiro.write_text(SHIRO.format(user=user, password=password))
    for name, properties in INTERPRETERS.items():
        folder = home / "interpreter" / name
        settings = set_properties(stock_settings(folder), properties, environment)
        (folder / "interpreter-setting.json").write_text(json.dumps(settings, indent=2))


def stock_settings(folder: Path) -> list[dict[str, Any]]:
    """What the interpreter in ``folder`` brings itself, in its own jar."""
    jar = next(folder.glob(f"zeppelin-{folder.name}-*.jar"))
    with zipfile.ZipFile(jar) as archive:
        settings: list[dict[str, Any]] = json.loads(archive.read("interpreter-setting.json"))
    return settings


def set_properties(
    settings: list[dict[str, Any]], properties: Mapping[str, Any], environment: Mapping[str, str]
) -> list[dict[str, Any]]:
    """``settings`` whose first interpreter has ``properties`` as defaults, filled in from ``environment``."""
    for name, value in properties.items():
        filled = value.format(**environment) if isinstance(value, str) else value
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
