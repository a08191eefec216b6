"""Files fetched over HTTP into the cache: several at a time, checked, and whole or not there at all."""

from __future__ import annotations

import hashlib
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from conf.refusal import Refusal

CONNECTIONS = 8
ATTEMPTS = 3
_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


class NotDownloaded(Refusal):
    """A file could not be fetched; the text says which, why and what to do."""


class Download(NamedTuple):
    """One file to have: where from, where to, its digest (``sha1:…`` or ``sha256:…``) and size in bytes."""

    url: str
    path: Path
    digest: str
    size: int


def intact(path: Path, digest: str) -> bool:
    """Whether the file is there, whole and unaltered."""
    algorithm, _, expected = digest.partition(":")
    if not path.is_file():
        return False
    with path.open("rb") as file:
        hashed = hashlib.new(algorithm, usedforsecurity=False)
        while chunk := file.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest() == expected


def fetch_all(
    downloads: list[Download],
    progress: Callable[[int], None],
    headers: Mapping[str, str] | None = None,
    proxy: str | None = None,
) -> None:
    """Fetch every file, telling ``progress`` the bytes as they come. Raises :class:`NotDownloaded`."""
    opener = _opener(proxy)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        jobs = [pool.submit(_fetch, opener, each, dict(headers or {}), progress) for each in downloads]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _opener(proxy: str | None) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    for name in _AUTHORITIES:
        bundle = os.environ.get(name)
        if bundle and Path(bundle).is_file():
            context.load_verify_locations(bundle)
    handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=context)]
    if proxy and not urllib.request.getproxies().get("https"):
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    return urllib.request.build_opener(*handlers)


def _fetch(
    opener: urllib.request.OpenerDirector,
    wanted: Download,
    headers: dict[str, str],
    progress: Callable[[int], None],
) -> None:
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    part = wanted.path.with_name(f"{wanted.path.name}.{os.getpid()}.part")
    last: Exception | None = None
    for _ in range(ATTEMPTS):
        came = 0
        try:
            request = urllib.request.Request(wanted.url, headers={"User-Agent": "solera", **headers})  # noqa: S310
            with opener.open(request, timeout=60) as answer, part.open("wb") as file:
                while chunk := answer.read(1 << 18):
                    file.write(chunk)
                    came += len(chunk)
                    progress(len(chunk))
            if not intact(part, wanted.digest):
                raise OSError(f"came with another content than the lock file says ({came} bytes)")
            part.replace(wanted.path)
            return
        except OSError as error:
            last = error
            progress(-came)
        finally:
            part.unlink(missing_ok=True)
        if isinstance(last, urllib.error.HTTPError) and last.code in (401, 403, 404, 407):
            break
    raise NotDownloaded(
        f"Could not download {wanted.path.name} from {wanted.url.split('/')[2]}: {last}. Check the network, or name "
        "a mirror by SOLERA_MAVEN_URL or a proxy by HTTPS_PROXY; what has come is kept."
    )
