"""A real Zeppelin 0.10.0 server without its web page, in which the tests run the notes' Markdown and Python.

The page and the jdbc and cassandra interpreters are not published as jars; users have them in the ``apache/zeppelin``
image. The REST API listens on loopback. Zeppelin's own event port and its interpreters' ports open on every interface
and no setting says otherwise (``TServerSocket(port)``), so a test stops the server as soon as its paragraphs have run.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import requests

from conf import Settings
from conf.refusal import Refusal
from stack.downloads import java
from stack.downloads.jars import fetch
from stack.process import Place, Service, leader, spawn, stop

OPENED = ("java.lang", "java.lang.reflect", "java.util", "java.util.concurrent", "java.io", "java.nio", "sun.nio.ch")
INTERPRETERS = ("zeppelin-interpreter-shaded", "zeppelin-python", "zeppelin-jupyter-interpreter-shaded", "py4j")
LOGGING = ("slf4j", "log4j", "jcl-over-slf4j")
ON_CLASSPATH: Mapping[str, tuple[str, ...]] = {
    "md": ("zeppelin-interpreter-shaded", "zeppelin-markdown", "flexmark", "autolink", "jsoup", *LOGGING),
    "python": (*INTERPRETERS, "commons-exec", "commons-io", "commons-lang3", *LOGGING),
}
LOG4J = """log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1} %m%n
"""
RUNNER = """#!/bin/sh
# How Zeppelin starts an interpreter: its folder, the server's address, its ports and its name.
while getopts "d:c:p:r:i:l:v:u:g:" option; do
  case "$option" in
    d) folder=$OPTARG ;; c) host=$OPTARG ;; p) port=$OPTARG ;; r) range=$OPTARG ;; i) name=$OPTARG ;;
  esac
done
exec %(java)s -cp "$folder/*" org.apache.zeppelin.interpreter.remote.RemoteInterpreterServer \\
  "$host" "$port" "$name" "$range" >> %(log)s 2>&1
"""
FINISHED = "FINISHED"
ENDED = (FINISHED, "ERROR", "ABORT")


class ZeppelinError(Refusal):
    """The server did not start, or a paragraph did not end in time."""


class Outcome(NamedTuple):
    """The outcome of a paragraph: FINISHED or ERROR, and its output as text, one ``%type`` line before each part."""

    status: str
    output: str


def lay_out(home: Path, jars: Iterable[Path], java_command: Path) -> None:
    """Make below ``home`` the folders, interpreters and settings that a server looks for."""
    jars = list(jars)
    for name in ("bin", "conf", "logs", "notebook", "page/WEB-INF", "local-repo"):
        (home / name).mkdir(parents=True)
    (home / "page/WEB-INF/web.xml").write_text("<web-app/>")
    (home / "conf/log4j.properties").write_text(LOG4J)
    for interpreter, names in ON_CLASSPATH.items():
        folder = home / "interpreter" / interpreter
        folder.mkdir(parents=True)
        for jar in jars:
            if jar.name.startswith(names):
                (folder / jar.name).symlink_to(jar)
    (home / "interpreter/python/interpreter-setting.json").write_text(json.dumps(_python_setting(jars)))
    command = shlex.join([str(java_command), *_jvm_options(home)])
    runner = home / "bin/interpreter.sh"
    runner.write_text(RUNNER % {"java": command, "log": shlex.quote(str(home / "logs/interpreter.log"))})
    runner.chmod(0o700)


def _python_setting(jars: Iterable[Path]) -> list[dict[str, Any]]:
    """The plain one of the python interpreters, on this very Python; IPython would need grpc."""
    jar = next(jar for jar in jars if jar.name.startswith("zeppelin-python"))
    with zipfile.ZipFile(jar) as archive:
        settings: list[dict[str, Any]] = json.loads(archive.read("interpreter-setting.json"))
    plain = next(setting for setting in settings if setting["name"] == "python")
    plain["properties"]["zeppelin.python"]["defaultValue"] = sys.executable
    plain["properties"]["zeppelin.python.useIPython"]["defaultValue"] = False
    return [plain]


def _jvm_options(home: Path) -> list[str]:
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
    return [*opened, "-Xmx256m", f"-Dlog4j.configuration={(home / 'conf/log4j.properties').as_uri()}"]


class Notebooks:
    """The notes of a server at ``api``; ``asker`` is logged in where the server asks for that."""

    def __init__(self, api: str, asker: requests.Session) -> None:
        self.api, self._asker = api, asker

    def import_note(self, note: Path) -> list[str]:
        """Import a ``.zpln``; the addresses of its paragraphs, in order."""
        note_id = self._call("POST", "/notebook/import", note.read_text())
        paragraphs = self._call("GET", f"/notebook/{note_id}")["paragraphs"]
        return [f"{note_id}/{paragraph['id']}" for paragraph in paragraphs]

    def run(self, paragraph: str, forms: Mapping[str, str] | None = None, timeout: float = 180) -> Outcome:
        """Run one paragraph of an imported note with its ``forms`` filled in, and await its end."""
        self._call("POST", f"/notebook/job/{paragraph}", json.dumps({"params": forms or {}}))
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            note_id, paragraph_id = paragraph.split("/")
            state = self._call("GET", f"/notebook/{note_id}/paragraph/{paragraph_id}")
            # Under load Zeppelin says that a paragraph is finished before it has taken its results over.
            if state["status"] in ENDED and (state["status"] != FINISHED or "dateFinished" in state):
                parts = state.get("results", {}).get("msg", [])
                return Outcome(state["status"], "\n".join(f"%{part['type'].lower()}\n{part['data']}" for part in parts))
            time.sleep(0.2)
        raise ZeppelinError(f"paragraph {paragraph} did not end within {timeout:.0f} s; see its logs")

    def _call(self, method: str, path: str, body: str | None = None) -> Any:
        answer = self._asker.request(method, self.api + path, data=body and body.encode(), timeout=30)
        answer.raise_for_status()
        return answer.json().get("body")


class Zeppelin(Notebooks):
    """A running server; use it as a context, which stops the server and its interpreters at the end."""

    def __init__(self, settings: Settings, port: int, environment: Mapping[str, str]) -> None:
        """Start it anew below the stack's home; paragraphs see ``environment``. Raises :class:`ZeppelinError`."""
        home = settings.home / "zeppelin"
        shutil.rmtree(home, ignore_errors=True)
        jars = fetch(settings, "zeppelin")
        lay_out(home, jars, java.home(settings) / "bin" / "java")
        super().__init__(f"http://127.0.0.1:{port}/api", requests.Session())
        self._place = Place(settings.home)
        run = command(home, jars, java.home(settings) / "bin" / "java")
        given = dict(environment) | server_environment(home, port)
        spawn(self._place, Service(name="zeppelin", command=run, ready=lambda: None, environment=given))
        try:
            self._await_ready(timeout=90)
        except ZeppelinError:
            self.stop()
            raise

    def __enter__(self) -> Zeppelin:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and its interpreters."""
        stop(self._place, "zeppelin", grace=10)

    def _await_ready(self, timeout: float) -> None:
        until = time.monotonic() + timeout
        while time.monotonic() < until and leader(self._place, "zeppelin"):
            try:
                if requests.get(f"{self.api}/version", timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise ZeppelinError(f"Zeppelin did not start; its log is {self._place.log('zeppelin')}")


def command(home: Path, jars: Iterable[Path], java_command: Path) -> tuple[str, ...]:
    """The server's command line."""
    class_path = ":".join(str(jar) for jar in jars if not jar.name.startswith(INTERPRETERS))
    server = "org.apache.zeppelin.server.ZeppelinServer"
    return (str(java_command), *_jvm_options(home), "-cp", class_path, server)


def server_environment(home: Path, port: int) -> dict[str, str]:
    """The environment in which the server finds what :func:`lay_out` has made, and answers on loopback alone."""
    return {
        "ZEPPELIN_HOME": str(home),
        "ZEPPELIN_CONF_DIR": str(home / "conf"),
        "ZEPPELIN_LOG_DIR": str(home / "logs"),
        "ZEPPELIN_NOTEBOOK_DIR": str(home / "notebook"),
        "ZEPPELIN_NOTEBOOK_STORAGE": "org.apache.zeppelin.notebook.repo.VFSNotebookRepo",
        "ZEPPELIN_INTERPRETER_DIR": str(home / "interpreter"),
        "ZEPPELIN_INTERPRETER_LOCALREPO": str(home / "local-repo"),
        "ZEPPELIN_INTERPRETER_REMOTE_RUNNER": str(home / "bin/interpreter.sh"),
        "ZEPPELIN_WAR": str(home / "page"),
        "ZEPPELIN_ANGULAR_WAR": str(home / "page"),
        "ZEPPELIN_WAR_TEMPDIR": str(home / "war"),
        "ZEPPELIN_ADDR": "127.0.0.1",
        "ZEPPELIN_LOCAL_IP": "127.0.0.1",
        "ZEPPELIN_PORT": str(port),
        "ZEPPELIN_SEARCH_ENABLE": "false",
        "ZEPPELIN_IDENT_STRING": "solera",  # without it the server ends when its standard input is closed
    }
