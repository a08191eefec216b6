"""Which repository is asked, and with which login."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from conf import load_settings
from stack.downloads import maven

SETTINGS = """<?xml version="1.0"?>
<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
  <servers><server><id>inside</id><username>ana</username><password>${{env.PASS}}</password></server></servers>
  <mirrors>
    <mirror><id>blocker</id><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>
    <mirror><id>inside</id><mirrorOf>{of}</mirrorOf><url>https://jars.example/all/</url></mirror>
  </mirrors>
  <proxies><proxy><active>true</active><host>proxy.example</host><port>3128</port></proxy></proxies>
</settings>"""


@pytest.mark.parametrize("of", ["central", "*", "external:*", "*,!other"])
def test_mirror_of_central_is_used_with_its_login(of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASS", "secret")
    found = maven.mirror(SETTINGS.format(of=of))
    assert found is not None
    assert found.url == "https://jars.example/all"
    assert base64.b64decode(found.headers["Authorization"].split()[1]) == b"ana:secret"


@pytest.mark.parametrize("of", ["other", "*,!central", "external:http:*"])
def test_mirror_of_something_else_is_not(of: str) -> None:
    assert maven.mirror(SETTINGS.format(of=of)) is None


def test_proxy_of_settings() -> None:
    assert maven.proxy(SETTINGS.format(of="*")) == "http://proxy.example:3128"
    assert maven.proxy("<settings/>") is None


def test_setting_wins_then_mirror_then_central(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert maven.repository(load_settings(maven_url="https://mine.example/x/")).url == "https://mine.example/x"
    monkeypatch.setenv("PATH", "")
    assert maven.repository(load_settings(maven_url="")).url == maven.central()
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2/settings.xml").write_text(SETTINGS.format(of="*"))
    assert maven.repository(load_settings(maven_url="")).url == "https://jars.example/all"


def test_central_is_read_from_ivy() -> None:
    assert maven.central().startswith("https://")
    assert maven.central().endswith("/maven2")
