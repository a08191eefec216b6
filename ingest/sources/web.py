"""HTTP as the sources need it: named as a browser, tried again where that helps, answers bounded in bytes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ingest.sources.source import SourceError

AGENT = "Mozilla/5.0 (compatible; solera)"
"""REE's hosts answer whoever is no browser with 403."""
CONNECT_S, ANSWER_S = 10, 60
RETRIES = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False,
                backoff_max=60, respect_retry_after_header=False)  # fmt: skip
"""A header may ask for any wait; whoever asks has a night to go on with."""
LONGEST_BYTES, LONGEST_S = 64 * 1024 * 1024, 300


def browser(retries: Retry | None = None) -> requests.Session:
    """A session that names itself as a browser and tries a request again that met a fault of the server."""
    session = requests.Session()
    session.headers["User-Agent"] = AGENT
    adapter = HTTPAdapter(max_retries=RETRIES if retries is None else retries)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def get(
    session: requests.Session,
    url: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = ANSWER_S,
) -> requests.Response:
    """The answer, read whole. Raises :class:`SourceError` beyond :data:`LONGEST_BYTES` or :data:`LONGEST_S`."""
    began = time.monotonic()
    answer = session.get(url, params=params, headers=headers, timeout=(CONNECT_S, timeout), stream=True)
    content = bytearray()
    for chunk in answer.iter_content(1 << 16):
        content += chunk
        if len(content) > LONGEST_BYTES:
            answer.close()
            raise SourceError(f"the answer is longer than {LONGEST_BYTES >> 20} MiB and is not read")
        if time.monotonic() - began > LONGEST_S:
            answer.close()
            raise SourceError(f"the answer was not complete after {LONGEST_S} s")
    answer._content = bytes(content)
    return answer


def json_object(answer: requests.Response) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises :class:`SourceError` for anything else."""
    try:
        body = json.loads(answer.content, strict=False)
    except (ValueError, RecursionError):
        raise SourceError("the answer is no JSON") from None
    if not isinstance(body, dict):
        raise SourceError(f"the answer is a JSON {type(body).__name__}, not an object")
    return body
