"""A webhook reaches public addresses by HTTPS, and what the settings name; nothing else inside."""

from __future__ import annotations

import socket
from typing import Any

import psutil
import pytest

from serving_layer.webhooks import address
from serving_layer.webhooks.address import BadAddress, address_of, ip_address_of, is_public

PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "0.1.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.20", "169.254.169.254"),
    *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::", "::1", "fe80::1%eth0", "fe80::1", "fd00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:53aa:64c::"),
]


@pytest.mark.parametrize("number", PRIVATE)
def test_what_is_not_of_the_public_network_is_refused(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_public(number)
    infos = [(0, 0, 0, "", (each, 443)) for each in ("1.1.1.1", number)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: infos)
    with pytest.raises(BadAddress, match=r"no public address.*api\.webhook_hosts"):
        ip_address_of(address_of("https://inside.example.org/", []))
    assert ip_address_of(address_of("https://inside.example.org/", ["inside.example.org:443"])) == "1.1.1.1"


@pytest.mark.parametrize("number", ["1.1.1.1", "193.0.6.139", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_a_public_address_is_taken_unless_it_is_this_machines_own(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_public(number)
    own = psutil.net_if_addrs()
    plain = number.removeprefix("::ffff:")
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: own | {"eth7": [own["lo"][0]._replace(address=plain)]})
    assert not is_public(number)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://127.0.0.1:9042/",
        "https://user:word@example.org/",
        "https://example.org/#part",
        "https:///path",
        "https://example.org:99999/",
        "https://[::1/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "https://example.org/a b",
        "https://example.org/\r\nhost: other",
        "https://españa.example/",
        "https://example.org/" + "a" * 1_000,
        "example.org",
        "",
    ],
)
def test_a_text_that_is_no_url_for_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        address_of(url, ["127.0.0.1:8001"])


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://example.org", ("https", "example.org", 443, "/", False)),
        ("https://Example.org:8443/a?b=c", ("https", "example.org", 8443, "/a?b=c", False)),
        ("http://192.168.1.20:1880/solera", ("http", "192.168.1.20", 1880, "/solera", True)),
        ("https://192.168.1.20:1881/", ("https", "192.168.1.20", 1881, "/", False)),
        ("https://[2606:4700::1]/", ("https", "2606:4700::1", 443, "/", False)),
    ],
)
def test_a_url_is_taken_apart_and_opened_by_host_and_port_together(url: str, parts: Any) -> None:
    assert address_of(url, ["192.168.1.20:1880"]) == address.Address(*parts)
