"""The doors of HDFS, tried as another user of this machine, who says that they are its owner."""

from __future__ import annotations

import getpass
import os
import secrets
import subprocess
from pathlib import Path

import pytest

from conf import Settings, kerberos
from stack.kerberos.certificate import have_certificate
from stack.kerberos.exchange import Refused
from stack.kerberos.keys import keys_of
from stack.process import Place, ours
from store.hadoop import namenode
from tests.support.doors import files, tickets
from tests.support.doors.ports import listening
from tests.support.nobody import as_nobody
from tests.support.serving_files import put

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")

CONTENT = b"2026-11-27 00:15 W 4712"
PAGES = ("/jmx", "/conf", "/logs/", "/webhdfs/v1/?op=LISTSTATUS", "/imagetransfer?getimage=1&txid=latest")


@pytest.fixture(scope="module")
def place(stack: Settings) -> str:
    """Where a file stands, which nobody but the owner may know."""
    where = stack.hdfs_path("secret", "readings.txt")
    put(stack, where, CONTENT)
    return where


def test_the_owner_comes_in(stack: Settings, place: str) -> None:
    code, said = files.as_owner(stack, "-cat", place)
    assert (code, said.strip()) == (0, CONTENT.decode())
    code, said = files.as_owner(stack, "-stat", "%u", place)
    assert (code, said.strip()) == (0, getpass.getuser())


@pytest.mark.parametrize("words", [("-ls",), ("-cat",), ("-touchz",), ("-rm",), ("-mv", "/away")], ids=str)
def test_another_user_does_nothing_in_the_owners_name(stack: Settings, place: str, words: tuple[str, ...]) -> None:
    asked = (words[0], place, *words[1:])
    for code, said in as_nobody(files.as_other, stack, getpass.getuser(), *asked):
        assert code != 0
        assert "AccessControlException" in said or "authenticat" in said or "Kerberos" in said, said
    assert files.as_owner(stack, "-cat", place)[0] == 0


def test_no_block_is_read_from_the_datanode(stack: Settings, place: str) -> None:
    (block,) = [each for each in files.blocks(stack) if each[3] == CONTENT]
    said = as_nobody(files.read_block, stack, *block[:3], len(CONTENT))
    assert CONTENT not in said
    assert len(said) < 8


@pytest.mark.parametrize("name", ["namenode", "datanode"])
def test_no_page_opens_without_the_certificate(stack: Settings, name: str) -> None:
    found = listening(each for each in ours(Place(stack.home)) if each[0] == name)
    assert len(found) >= 2
    # The ports of Hadoop's own protocol tell a browser that there is no page.
    assert set(as_nobody(files.statuses, list(found), PAGES).values()) <= {None, 401, 403, 404}
    with namenode.asker(stack) as asker:
        assert asker.get(f"{namenode.pages(stack)}/jmx", timeout=30).status_code == 200


def test_no_page_opens_by_another_certificate(stack: Settings, tmp_path: Path) -> None:
    elsewhere = stack.model_copy(update={"hdfs": stack.hdfs.model_copy(update={"secrets": str(tmp_path)})})
    have_certificate(elsewhere)
    made = kerberos.certificate(elsewhere)
    for port in (stack.hdfs.http_port, stack.hdfs.datanode_http_port):
        assert not files.opens(port, made)
        assert files.opens(port, kerberos.certificate(stack))


def test_no_ticket_is_given_without_the_key(stack: Settings) -> None:
    assert as_nobody(tickets.refused, stack, None) == Refused.KEY_WANTED
    assert as_nobody(tickets.refused, stack, secrets.token_bytes(32)) == Refused.FAILED
    assert as_nobody(tickets.forged, stack) == Refused.BAD_TICKET
    assert tickets.refused(stack, keys_of(stack).principal) is None


def test_no_key_is_readable(stack: Settings) -> None:
    folder = kerberos.secrets(stack)
    kept = [*folder.iterdir(), stack.home / "conf" / "hdfs" / "ssl-server.xml"]
    assert {kerberos.key_file(stack), kerberos.certificate(stack), folder / "key"} < set(kept)
    assert folder.stat().st_mode & 0o077 == 0
    for path in kept:
        read = subprocess.run(["/bin/cat", path], user="nobody", group="nogroup", extra_groups=[], capture_output=True)
        assert b"Permission denied" in read.stderr
