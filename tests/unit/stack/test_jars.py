"""Jars come whole and as locked, or not at all."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conf import Settings, jars, load_settings
from stack.downloads import jars as fetching
from stack.downloads.download import Download, NotDownloaded, fetch_all, intact


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A directory served over HTTP on loopback, and its address."""
    root = tmp_path / "repository"
    root.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield root, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(tmp_path: Path, repository: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, Path]:
    """Settings that fetch from the little repository, which holds one locked jar; and that jar's place there."""
    root, url = repository
    content = b"jar" * 1000
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    locks = tmp_path / "locks"
    locks.mkdir()
    (locks / "small.lock").write_text(f"# one jar\norg.example:thing:1.0:linux {digest} {len(content)}\n")
    monkeypatch.setattr(jars, "LOCK_DIR", locks)
    monkeypatch.setenv("HOME", str(tmp_path))
    published = root / "org/example/thing/1.0/thing-1.0-linux.jar"
    published.parent.mkdir(parents=True)
    published.write_bytes(content)
    return load_settings(home=tmp_path / "home", cache=tmp_path / "cache", maven_url=url), published


@pytest.mark.parametrize("name", ["spark", "kafka", "cassandra", "hadoop", "yarn"])
def test_each_lock_states_every_jar_whole(name: str) -> None:
    locked = jars.locked(name)
    assert locked
    assert len({jar.path for jar in locked}) == len(locked)
    assert all(len(jar.sha1) == 40 and jar.size > 0 for jar in locked)


def test_spark_is_given_nothing_that_pyspark_brings() -> None:
    pyspark = pytest.importorskip("pyspark")
    brought = {path.name for path in (Path(pyspark.__file__).parent / "jars").glob("*.jar")}
    assert not brought & {path.name for path in jars.paths("spark", Path())}


def test_fetches_what_is_missing_and_nothing_twice(world: tuple[Settings, Path]) -> None:
    settings, published = world
    (path,) = fetching.fetch(settings, "small")
    assert path.read_bytes() == published.read_bytes()
    published.unlink()
    assert fetching.fetch(settings, "small") == [path]


def test_half_downloaded_jar_is_fetched_again(world: tuple[Settings, Path]) -> None:
    settings, published = world
    (path,) = fetching.fetch(settings, "small")
    path.write_bytes(path.read_bytes()[:100])
    fetching.fetch(settings, "small")
    assert path.read_bytes() == published.read_bytes()


def test_altered_jar_is_refused_and_leaves_nothing(world: tuple[Settings, Path]) -> None:
    settings, published = world
    published.write_bytes(b"something else")
    with pytest.raises(NotDownloaded, match=r"thing-1\.0-linux\.jar .*another content"):
        fetching.fetch(settings, "small")
    assert not [path for path in settings.cache.rglob("*") if path.is_file()]


def test_jar_of_the_local_maven_repository_is_used(world: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, published = world
    local = tmp_path / ".m2/repository/org/example/thing/1.0/thing-1.0-linux.jar"
    local.parent.mkdir(parents=True)
    published.rename(local)
    (path,) = fetching.fetch(settings, "small")
    assert intact(path, f"sha1:{jars.locked('small')[0].sha1}")


def test_no_network_is_said_in_one_sentence(tmp_path: Path) -> None:
    wanted = Download("http://127.0.0.1:9/absent.jar", tmp_path / "absent.jar", "sha1:0", 1)
    with pytest.raises(NotDownloaded, match=r"Could not download absent\.jar .*SOLERA_MAVEN_URL"):
        fetch_all([wanted], lambda _size: None)
