"""A gateway elsewhere delivers to a push server that runs: nothing is lost, nothing doubled, no token in the clear."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from conf import Settings, load_settings
from ingest.gateway import deliver
from ingest.gateway.deliver import BATCH, HttpDelivery, UnsafeAddress, delivery
from ingest.gateway.fleet import devices_of_file
from ingest.gateway.outbox import Outbox
from ingest.gateway.sender import Sender
from ingest.gateway.unsent import RefusedReading
from ingest.publishing.message import Message, PublishError, message
from ingest.push.intake import IntakeFull
from tests.support.servers.push import push_server


def gateway(address: str, token: str) -> Settings:
    plain = load_settings()
    options = {"deliver_to": address, "token": SecretStr(token)}
    return plain.model_copy(update={"gateway": plain.gateway.model_copy(update=options)})


def readings(count: int, installation: str = "finca") -> list[Message]:
    of = {"schema": 1, "installation_id": installation, "device_id": "m", "device_kind": "meter", "source": "x"}
    return [
        message("readings", of | {"time": f"2026-01-05T10:{n // 60:02}:{n % 60:02}Z", "import_power_w": float(n)})
        for n in range(count)
    ]


def nothing(refused: Sequence[RefusedReading]) -> None:
    pytest.fail(f"set aside: {refused}")


def test_what_the_outbox_holds_arrives_in_order(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 10)
    sent = readings(2 * BATCH + 7)
    outbox.keep(sent)
    with push_server(tmp_path / "server", ["finca"]) as server:
        sender = Sender(outbox, delivery(gateway(server.address, server.token), outbox.set_aside))
        sender.start()
        sender.stop(20)
        assert server.taken() == sent
    assert (sender.error, outbox.count, sender.sent) == (None, 0, len(sent))


def test_readings_that_are_refused_are_set_aside_and_all_others_arrive_in_order(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 10)
    sent = readings(2 * BATCH + 7)
    foreign, timeless = readings(1, "other")[0], Message("readings", b"finca", b'{"installation_id":"finca"}')
    mixed = [foreign, *sent[:BATCH], timeless, foreign, *sent[BATCH:], timeless]
    outbox.keep(mixed)
    with push_server(tmp_path / "server", ["finca"]) as server:
        sender = Sender(outbox, delivery(gateway(server.address, server.token), outbox.set_aside))
        sender.start()
        sender.stop(20)
        assert server.taken() == sent
    assert (sender.error, outbox.count, outbox.bytes, sender.sent) == (None, 0, 0, len(sent))
    count, last = outbox.refused()
    assert count == 4
    assert "HTTP 422, reading 0: " in (last or "")


def test_where_nothing_is_taken_all_wait_and_no_reading_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with push_server(tmp_path, ["finca"]) as server:
        to = delivery(gateway(server.address, server.token), nothing)()
        assert isinstance(to, HttpDelivery)
        posts: list[int] = []
        post = to._post

        def counted(batch: Sequence[Message]) -> None:
            posts.append(len(batch))
            post(batch)

        monkeypatch.setattr(to, "_post", counted)
        for _ in range(2):
            with pytest.raises(PublishError, match="403, This token does not speak for other") as raised:
                to.send(readings(4, "other"))
            assert raised.value.acknowledged == [False] * 4
        assert posts == [4, 2, 1, 1, 2, 1, 1, 4]
        to.send(readings(1))
        with pytest.raises(PublishError, match="401"):
            delivery(gateway(server.address, "0" * 32), nothing)().send(readings(3))


def test_a_reading_refused_alone_waits_until_another_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside: list[RefusedReading] = []
    with push_server(tmp_path, ["finca"]) as server:
        to = delivery(gateway(server.address, server.token), aside.extend)()
        foreign, sent = readings(1, "other"), readings(3)
        for waiting in (foreign, [*foreign, *sent]):  # it is too early to look again at the second
            with pytest.raises(PublishError, match="403"):
                to.send(waiting)
        assert (aside, server.taken()) == ([], [])
        monkeypatch.setattr(deliver, "SEARCH_SECONDS", 0.0)
        to.send([*foreign, *sent])
        assert server.taken() == sent
    assert [each.message for each in aside] == foreign


def test_a_refusal_that_passes_blames_no_reading(tmp_path: Path) -> None:
    with push_server(tmp_path, ["finca"], per_second=1) as server:
        to = delivery(gateway(server.address, server.token), nothing)()
        with pytest.raises(PublishError, match="took 200 of 201 readings: HTTP 429") as raised:
            to.send(readings(BATCH + 1))
        assert raised.value.acknowledged == [True] * BATCH + [False]
        assert server.taken() == readings(BATCH)


def test_a_server_that_is_full_or_away_gets_it_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with push_server(tmp_path, ["finca"]) as server:
        to = delivery(gateway(server.address, server.token), nothing)()

        def full(*_: object) -> None:
            raise IntakeFull("Nothing is taken now")

        with monkeypatch.context() as patch:
            patch.setattr(server.intake, "keep", full)
            with pytest.raises(PublishError, match="503, Nothing is taken now"):
                to.send(readings(1))
        to.send(readings(1))
        assert len(server.taken()) == 1
    with pytest.raises(PublishError, match="no answer"):
        to.send(readings(1))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_over_tls_the_certificate_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        ["openssl", "req", *made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    tls = {"ssl_keyfile": key, "ssl_certfile": certificate}
    with push_server(tmp_path / "server", ["finca"], tls=tls) as server:
        to = delivery(gateway(f"https://localhost:{server.port}", server.token), nothing)()
        with pytest.raises(PublishError, match="SSLError"):
            to.send(readings(3))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
        to.send(readings(3))
        assert server.taken() == readings(3)


@pytest.mark.parametrize("address", ["http://solera.example.org:8001", "ftp://x", "solera.example.org", "https://"])
def test_an_address_that_shows_the_token_is_refused(address: str) -> None:
    with pytest.raises(UnsafeAddress, match="https"):
        delivery(gateway(address, "t"), nothing)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8001", "http://[::1]:8001", "http://localhost:1", "https://a.b"])
def test_a_safe_address_is_taken(address: str) -> None:
    assert isinstance(delivery(gateway(address, "t"), nothing)(), HttpDelivery)


def test_the_devices_of_the_sites_file_are_polled(tmp_path: Path) -> None:
    connection = {"protocol": "sunspec-tcp", "host": "10.0.0.7"}
    devices = [
        {"device_id": "inverter-1", "device_kind": "inverter", "connection": connection},
        {"device_id": "pushed", "device_kind": "meter"},
    ]
    path = tmp_path / "site.yaml"
    place = {"latitude": 40.4, "longitude": -3.7}
    path.write_text(yaml.safe_dump({"installation_id": "finca", **place, "devices": devices}))
    (device,) = devices_of_file(path)
    assert (device.name, device.device_kind, device.connection.host) == ("finca/inverter-1", "inverter", "10.0.0.7")
    assert device.place == (40.4, -3.7)
    assert json.loads(device.connection.model_dump_json())["protocol"] == "sunspec-tcp"


def test_a_gateway_elsewhere_loads_no_client_of_a_server_that_it_does_not_ask() -> None:
    """What each takes of a Raspberry's memory: Cassandra's driver 25 MB, Kafka's clients 10 MB."""
    program = (
        "import sys; import ingest.gateway.__main__, ingest.gateway.check; "
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"cassandra", "confluent_kafka", "kafka", "numpy", "pandas", "pyspark"} & set(
        ast.literal_eval(done.stdout)
    )
