"""The repository of Maven artifacts: the setting, Maven's own mirror, else the address built into Ivy."""

from __future__ import annotations

import base64
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pyspark

from conf.settings import Settings

_CENTRAL_CLASS = "org/apache/ivy/plugins/resolver/IBiblioResolver.class"


class Repository(NamedTuple):
    """A Maven repository: its address without a slash at the end, and what proves who asks."""

    url: str
    headers: dict[str, str]
    proxy: str | None = None


def repository(settings: Settings) -> Repository:
    """The repository to fetch from."""
    if settings.maven_url:
        return Repository(settings.maven_url.rstrip("/"), {})
    files = [file for file in _settings_files() if file.is_file()]
    mirrors = [found for file in files if (found := mirror(file.read_text(encoding="utf-8")))]
    proxies = [named for file in files if (named := proxy(file.read_text(encoding="utf-8")))]
    chosen = mirrors[0] if mirrors else Repository(central(), {})
    return chosen._replace(proxy=proxies[0] if proxies else None)


def _settings_files() -> list[Path]:
    maven = shutil.which("mvn")
    homes = [os.environ.get("MAVEN_HOME"), os.environ.get("M2_HOME")]
    if maven:
        homes.append(str(Path(maven).resolve().parent.parent))
    return [Path.home() / ".m2" / "settings.xml", *(Path(home) / "conf/settings.xml" for home in homes if home)]


def mirror(settings_xml: str) -> Repository | None:
    """The mirror of Central that a ``settings.xml`` names, with its server's password; None where none is named."""
    root = _tree(settings_xml)
    for each in root.iterfind("mirrors/mirror"):
        names = [name.strip() for name in each.findtext("mirrorOf", "").split(",")]
        covers = any(name in ("*", "central", "external:*") for name in names) and "!central" not in names
        if covers and each.findtext("blocked") != "true":
            return Repository(each.findtext("url", "").strip().rstrip("/"), _login(root, each.findtext("id", "")))
    return None


def proxy(settings_xml: str) -> str | None:
    """Address of the active HTTP proxy that a ``settings.xml`` names."""
    for each in _tree(settings_xml).iterfind("proxies/proxy"):
        if each.findtext("active", "true").strip() == "true":
            user, password = each.findtext("username"), each.findtext("password")
            login = f"{user}:{password}@" if user else ""
            return f"http://{login}{each.findtext('host', '').strip()}:{each.findtext('port', '8080').strip()}"
    return None


def _tree(settings_xml: str) -> ElementTree.Element:
    plain = re.sub(r"\sxmlns=\"[^\"]*\"", "", settings_xml, count=1)
    plain = re.sub(r"\$\{env\.(\w+)\}", lambda found: os.environ.get(found[1], ""), plain)
    return ElementTree.fromstring(plain)  # noqa: S314  the user's own file


def _login(root: ElementTree.Element, server_id: str) -> dict[str, str]:
    for server in root.iterfind("servers/server"):
        if server.findtext("id") == server_id and server.findtext("username"):
            pair = f"{server.findtext('username')}:{server.findtext('password', '')}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    return {}


def central() -> str:
    """Maven Central's address, read out of the Ivy that pyspark brings."""
    ivy = next((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    with zipfile.ZipFile(ivy) as jar:
        constants = jar.read(_CENTRAL_CLASS)
    address = re.search(rb"https://[\x21-\x7e]+/maven2/", constants)
    if address is None:
        raise LookupError(f"{ivy.name} names no repository: set SOLERA_MAVEN_URL.")
    return address[0].decode().rstrip("/")
