"""docs/gateway.md: its settings are such, its commands are in the light install, its tunnel is one for wg-quick."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conf import load_settings
from conf.place import ROOT
from stack.cli import app

DOCUMENT = (ROOT / "docs/gateway.md").read_text()
KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="


def test_every_setting_of_the_page_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = re.findall(r"\b(SOLERA_(\w+?)__(\w+))=([^\s`]+)", DOCUMENT)
    assert {section for _, section, _, _ in stated} == {"GATEWAY", "PUSH"}
    for name, section, field, value in stated:
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            found = getattr(getattr(load_settings(), section.lower()), field.lower())
        secret = getattr(found, "get_secret_value", lambda found=found: found)()
        assert str(secret) in (value, f"{float(value)}" if value.isdigit() else value), name


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?<!-C )\bsolera ((?:[a-z]+ ?)+)(?=[-`\w.])", DOCUMENT))))
def test_its_commands_are_there(command: str) -> None:
    words = command.split()
    said = CliRunner().invoke(app, [*(words[:2] if words[0] == "gateway" else words[:1]), "--help"])
    assert said.exit_code == 0, said.output


@pytest.mark.skipif(shutil.which("wg-quick") is None, reason="wireguard-tools is not installed")
@pytest.mark.parametrize("text", re.findall(r"^```ini\n(.*?)^```$", DOCUMENT, re.M | re.S))
def test_wireguard_takes_both_ends(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wg0.conf"
    file.write_text(text.replace("…", KEY))
    file.chmod(0o600)
    stripped = subprocess.run(["wg-quick", "strip", file], capture_output=True, text=True, check=False)
    assert (stripped.returncode, stripped.stderr) == (0, "")
    kept = {line.partition("=")[0].strip() for line in stripped.stdout.splitlines() if "=" in line}
    known = {"ListenPort", "PrivateKey", "PublicKey", "AllowedIPs", "Endpoint", "PersistentKeepalive"}
    assert kept <= known
    assert {"PrivateKey", "PublicKey", "AllowedIPs"} <= kept
