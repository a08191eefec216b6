"""The keys of this machine's Kerberos, made once, and the files by which Java knows them."""

from __future__ import annotations

import hmac
import struct
from pathlib import Path

from conf.kerberos import NAMES, REALM, key_file, realm_file, secrets
from conf.settings import Settings
from serving_layer.access.token import read_or_make
from stack.kerberos.cipher import KIND
from stack.kerberos.exchange import Keys
from store.reports import replace_text

REALM_FILE = """[libdefaults]
default_realm = {realm}
udp_preference_limit = 1
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
default_tkt_enctypes = aes256-cts-hmac-sha384-192
default_tgs_enctypes = aes256-cts-hmac-sha384-192
permitted_enctypes = aes256-cts-hmac-sha384-192
kdc_timeout = 10s
[realms]
{realm} = {{
  kdc = {host}:{port}
}}
"""
_VERSION, _SERVICE = 0x0502, 2


def keys_of(settings: Settings) -> Keys:
    """The keys, by the secret that is made where there is none."""
    secret = read_or_make(secrets(settings) / "key").encode()
    return Keys(*(hmac.digest(secret, purpose, "sha256") for purpose in (b"solera", b"krbtgt")))


def have_key_file(settings: Settings) -> None:
    """Write the files of Java, readable by their owner alone."""
    folder = secrets(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(key_file(settings), _entry(keys_of(settings).principal))
    said = REALM_FILE.format(realm=REALM, host=settings.hdfs.host, port=settings.hdfs.kdc_port)
    replace_text(realm_file(settings), said)


def _entry(key: bytes) -> bytes:
    """A file of one key (MIT's format of 2005)."""
    names = b"".join(struct.pack(">H", len(each)) + each.encode() for each in (REALM, *NAMES))
    entry = struct.pack(">H", len(NAMES)) + names + struct.pack(">IIB", _SERVICE, 0, 0)
    entry += struct.pack(">HH", KIND, len(key)) + key
    return struct.pack(">Hi", _VERSION, len(entry)) + entry


def write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read."""
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)
