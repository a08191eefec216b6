"""Addresses of webhooks: public ones by HTTPS, others only where ``api.webhook_hosts`` names them.

Whoever names a URL must not reach by it what listens behind this machine's door, such as a server on loopback.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil

from conf.refusal import Refusal

LONGEST = 1_000
_DEFAULT_PORT = {"https": 443, "http": 80}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Network that leads to IPv4 addresses of any kind (RFC 6052)."""


class BadAddress(Refusal):
    """A URL to which no webhook is sent; the text says why."""

    kind = "bad-webhook"
    exit_code = 2


class Address(NamedTuple):
    """A URL in parts; ``is_opened``: the settings name it, so that it may be private and without TLS."""

    scheme: str
    host: str
    port: int
    target: str
    is_opened: bool


def address_of(url: str, opened: Collection[str]) -> Address:
    """The parts of ``url``. ``opened`` are those of ``api.webhook_hosts``. Raises :class:`BadAddress`."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress(f"A webhook's URL has at most {LONGEST} plain characters and no space.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORT.get(parts.scheme, 0)
    except ValueError:
        raise BadAddress(f"{url} is no URL; write https://host/path.") from None
    if not (host and port) or "@" in parts.netloc or parts.fragment:
        raise BadAddress(f"{url} is no URL for a webhook; write https://host/path, without a user and without #.")
    is_opened = f"{host}:{port}" in opened
    if parts.scheme != "https" and not is_opened:
        raise BadAddress(f"{url} is not https; to send without TLS name {host}:{port} in api.webhook_hosts.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, host, port, target, is_opened)


def ip_address_of(address: Address) -> str:
    """The IP address to connect to. Raises :class:`BadAddress` for one to which nothing may be sent, and OSError."""
    infos = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    numbers = [str(info[4][0]) for info in infos]
    refused = [each for each in numbers if not is_public(each)]
    if refused and not address.is_opened:
        raise BadAddress(
            f"{address.host} is {refused[0]}, which is no public address; to send there all the same name "
            f"{address.host}:{address.port} in api.webhook_hosts."
        )
    return numbers[0]


def is_public(number: str) -> bool:
    """Whether an IP address is one of the public network, and none of this machine's own."""
    ip = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in _TRANSLATED:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and str(ip) not in _own()


def _own() -> set[str]:
    return {each.address.partition("%")[0] for interface in psutil.net_if_addrs().values() for each in interface}
