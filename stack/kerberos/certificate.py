"""The certificate by which the pages of HDFS know whoever may read them, and are known."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from conf.kerberos import NAMES, certificate, secrets
from conf.settings import Settings
from serving_layer.access.token import read_or_make
from stack.kerberos.keys import write

_YEARS = timedelta(days=36_500)


def store(settings: Settings) -> Path:
    """The same as Java reads it."""
    return secrets(settings) / "pages.p12"


def password(settings: Settings) -> str:
    """The password that Java's file is sealed with."""
    return read_or_make(secrets(settings) / "pages")


def have_certificate(settings: Settings) -> None:
    """Make it where there is none."""
    if certificate(settings).is_file():
        return
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(NAMES[1]))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    sealed = BestAvailableEncryption(password(settings).encode())
    write(store(settings), serialize_key_and_certificates(NAMES[0].encode(), key, made, None, sealed))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(certificate(settings), made.public_bytes(Encoding.PEM) + plain)
