"""The push server on a real broker: killed while sites push, everything it has acknowledged arrives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from conf import Settings
from ingest.push.tokens import admit, tokens_file
from stack.process import Place, leader
from tests.support.kafka_topic import messages
from tests.support.servers.started import start, started

SITE = "pushed-site"


@pytest.fixture
def token(stack: Settings) -> Iterator[str]:
    with started(stack, "push"):
        yield admit(tokens_file(stack), [SITE])


def batch(number: int, size: int = 20) -> list[dict[str, Any]]:
    begun = datetime.now(timezone.utc) - timedelta(hours=1)
    of = {"installation_id": SITE, "device_id": f"meter-{number}", "device_kind": "meter"}
    times = ((begun + timedelta(seconds=second)).isoformat() for second in range(size))
    return [of | {"time": each, "import_power_w": float(n)} for n, each in enumerate(times)]


def arrived(settings: Settings) -> set[str]:
    own = (message for message in messages(settings, "readings") if message.key == SITE.encode())
    return {json.dumps(json.loads(message.value), sort_keys=True) for message in own}


def test_what_was_acknowledged_survives_kill_and_arrives(stack: Settings, token: str) -> None:
    url = f"http://127.0.0.1:{stack.push.port}/v1/readings"
    acknowledged: list[dict[str, Any]] = []
    ending = threading.Event()

    def push() -> None:
        number = 0
        while not ending.is_set():
            number += 1
            sent = batch(number)
            try:
                answer = requests.post(url, json=sent, headers={"Authorization": f"Bearer {token}"}, timeout=5)
            except requests.RequestException:
                time.sleep(0.1)
                continue
            assert answer.status_code == 202
            acknowledged.extend(sent)

    site = threading.Thread(target=push)
    site.start()
    for _ in range(3):
        time.sleep(2)
        process = leader(Place(stack.home), "push")
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        start(stack, "push")
    ending.set()
    site.join()
    expected = {json.dumps(each, sort_keys=True) for each in acknowledged}
    assert len(expected) > 100
    end = time.monotonic() + 60
    while missing := expected - arrived(stack):
        assert time.monotonic() < end, f"{len(missing)} of {len(expected)} did not arrive"
        time.sleep(0.5)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_is_answered_as_the_document_says(stack: Settings, token: str) -> None:
    url = f"http://127.0.0.1:{stack.push.port}/v1/readings"
    sent = ["curl", "-s", "-w", " %{http_code}", "-H", f"Authorization: Bearer {token}", "--data-binary", "@-", url]
    for _ in range(2):  # a batch sent again is taken again, and counts once by its readings' names
        done = subprocess.run(sent, input=json.dumps(batch(0)), capture_output=True, text=True, check=True)
        assert done.stdout == '{"accepted":20} 202'
