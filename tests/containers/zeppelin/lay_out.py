"""Lays out a Zeppelin 0.10.0 server in /opt/zeppelin, where the image apache/zeppelin has its own."""

from __future__ import annotations

import shlex
from pathlib import Path

from conf import load_settings
from stack.downloads import java
from stack.downloads.jars import fetch
from stack.servers.zeppelin import command, lay_out, server_environment

HOME, PORT = Path("/opt/zeppelin"), 8080


def main() -> None:
    """Lay it out, with the ``bin/zeppelin.sh`` that starts it; what the container's environment says holds."""
    settings = load_settings()
    program = java.home(settings) / "bin" / "java"
    found = fetch(settings, "zeppelin")
    HOME.mkdir()
    lay_out(HOME, found, program)
    lines = [f': "${{{name}:={value}}}"; export {name}' for name, value in server_environment(HOME, PORT).items()]
    script = HOME / "bin" / "zeppelin.sh"
    script.write_text("\n".join(["#!/bin/sh", *lines, f"exec {shlex.join(command(HOME, found, program))}", ""]))
    script.chmod(0o755)


if __name__ == "__main__":
    main()
