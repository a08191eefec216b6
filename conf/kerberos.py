"""The login with which everybody comes to this machine's own HDFS: one principal of Kerberos, whose key is in a file.

HDFS knows no password: without Kerberos it believes the name that a client gives.
"""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

from conf.settings import Settings

REALM = "SOLERA"
NAMES = ("solera", "127.0.0.1")
PRINCIPAL = f"{'/'.join(NAMES)}@{REALM}"


def is_asked(settings: Settings) -> bool:
    """Whether HDFS is this machine's own and asks for the login."""
    return settings.hdfs.login and not settings.hdfs.uri


def secrets(settings: Settings) -> Path:
    """Folder of key, certificate and the file that says where tickets are given; its owner's alone."""
    return Path(settings.hdfs.secrets) if settings.hdfs.secrets else own_secrets(settings)


def own_secrets(settings: Settings) -> Path:
    """The folder that the stack of this home makes."""
    return settings.home / "secrets" / "hdfs"


def key_file(settings: Settings) -> Path:
    """The principal's key, as Java reads it."""
    return secrets(settings) / "solera.keytab"


def realm_file(settings: Settings) -> Path:
    """The file of the realm, which ``java.security.krb5.conf`` names to Java."""
    return secrets(settings) / "krb5.conf"


def certificate(settings: Settings) -> Path:
    """Certificate and key, PEM, without which no page of HDFS opens."""
    return secrets(settings) / "pages.pem"


def hadoop(settings: Settings) -> dict[str, str]:
    """Configuration of Hadoop, servers and clients alike, by which the login is asked for and given."""
    if not is_asked(settings):
        return {}
    # Nobody but the one principal has a name here: it is the user's own, as files and folders bear it.
    name = re.sub(r"[^\w.-]", "_", pwd.getpwuid(os.getuid()).pw_name)
    rule = f"RULE:[2:$1/$2@$0]({re.escape(PRINCIPAL)})s/.*/{name}/"
    return {
        "hadoop.security.authentication": "kerberos",
        "hadoop.security.auth_to_local": rule,
        "hadoop.kerberos.keytab.login.autorenewal.enabled": "true",
        "hadoop.kerberos.min.seconds.before.relogin": "1",
        "dfs.namenode.kerberos.principal": PRINCIPAL,
        "dfs.datanode.kerberos.principal": PRINCIPAL,
        "dfs.data.transfer.protection": "authentication",
        "dfs.block.access.token.enable": "true",
        # Where Hadoop lists files for a job it asks whom the job's tokens are for.
        "yarn.resourcemanager.principal": PRINCIPAL,
    }
