"""One delivery to a server that takes it, refuses it, redirects, hangs, is away, or is not who it says it is."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from serving_layer.webhooks import post as posting
from serving_layer.webhooks.address import BadAddress, address_of
from serving_layer.webhooks.post import Gone, NotDelivered, post
from tests.support.servers.receiver import Receiver, receiving


def send(receiver: Receiver, body: str = "{}") -> None:
    post(address_of(receiver.url, receiver.opened), {"webhook-id": "alarm_1"}, body)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_delivery_is_taken_whole(status: int) -> None:
    with receiving(Receiver(statuses=[status])) as receiver:
        send(receiver, '{"text": "España"}')
    ((headers, body),) = receiver.received
    assert body.decode() == '{"text": "España"}'
    assert (headers["content-type"], headers["webhook-id"]) == ("application/json", "alarm_1")
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_any_other_answer_has_not_taken_it(status: int) -> None:
    with receiving(Receiver(statuses=[status])) as receiver, receiving(Receiver()) as elsewhere:
        receiver.location = elsewhere.url
        with pytest.raises(NotDelivered, match=f"answered {status}"):
            send(receiver)
    assert (len(receiver.received), len(elsewhere.received)) == (1, 0)


def test_a_receiver_that_wants_no_more_says_so() -> None:
    with receiving(Receiver(statuses=[410])) as receiver, pytest.raises(Gone, match="nothing more is sent"):
        send(receiver)


@pytest.mark.parametrize("receiver", [Receiver(slow=5.0), Receiver(drips=True)], ids=["silent", "drips"])
def test_an_answer_that_is_late_is_not_waited_for(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LONGEST_SECONDS", 0.5)
    with receiving(receiver):
        began = time.monotonic()
        with pytest.raises(NotDelivered, match=r"none within 0\.5 s|timed out"):
            send(receiver)
        assert time.monotonic() - began < 3.0


def test_one_that_is_away_or_speaks_no_http_has_not_taken_it() -> None:
    with receiving(Receiver()) as receiver:
        pass
    with pytest.raises(NotDelivered, match="no answer"):
        send(receiver)
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver.port = server.getsockname()[1]
        server.settimeout(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(posting, "LONGEST_SECONDS", 0.3)
            with pytest.raises(NotDelivered):
                send(receiver)


def test_it_is_looked_where_a_name_leads_at_each_delivery() -> None:
    with receiving(Receiver()) as receiver, pytest.raises(BadAddress, match="no public address"):
        post(address_of(f"https://localhost:{receiver.port}/", []), {}, "{}")
    assert receiver.received == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_tls_asks_for_a_certificate_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = tmp_path / "pem"
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", *made, *names, "-keyout", str(pem), "-out", str(tmp_path / "c")]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "c").read_text())
    with receiving(Receiver(), certificate=pem) as receiver:
        opened = [f"{name}:{receiver.port}" for name in ("localhost", "127.0.0.1")]
        for name, is_trusted, is_taken in (
            ("localhost", False, False),
            ("127.0.0.1", True, False),
            ("localhost", True, True),
        ):
            if is_trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "c"))
            address = address_of(f"https://{name}:{receiver.port}/", opened)
            if is_taken:
                post(address, {}, "{}")
            else:
                with pytest.raises(NotDelivered, match="certificate"):
                    post(address, {}, "{}")
    assert len(receiver.received) == 1
