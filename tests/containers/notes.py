"""The note in Zeppelin's container, paragraph by paragraph, by whoever has its password."""

from __future__ import annotations

import json
import re

import requests

from stack.servers.zeppelin import Notebooks
from tests.containers.compose import ROOT, NotShown, expect, say
from tests.containers.homes import COMMUNITY, HOMES

API = "http://127.0.0.1:8080/api"
NOTE = ROOT / "notebooks/solera.zpln"


def run_note(password: str) -> None:
    """Run every paragraph of which the interpreter is there, and name those of which it is not. Raises ``NotShown``."""
    asker = requests.Session()
    expect(not asker.get(f"{API}/notebook", timeout=30).ok, "Zeppelin without a login: refused")
    login = asker.post(f"{API}/login", data={"userName": "analyst", "password": password}, timeout=60)
    expect(login.ok, "Zeppelin as analyst: let in")
    settings = asker.get(f"{API}/interpreter/setting", timeout=60).json()["body"]
    known = {each["name"] for each in settings}
    # As the container laid it out at its start.
    note_id = json.loads(NOTE.read_text(encoding="utf-8"))["id"]
    paragraphs = asker.get(f"{API}/notebook/{note_id}", timeout=60).json()["body"]["paragraphs"]
    kinds = [_interpreter(each["text"]) for each in paragraphs]
    notebooks = Notebooks(API, asker)
    for kind, paragraph in zip(kinds, paragraphs, strict=True):
        if kind not in known:
            continue
        outcome = notebooks.run(
            f"{note_id}/{paragraph['id']}", {"home": next(iter(HOMES)), "community": COMMUNITY}, timeout=300
        )
        if outcome.status != "FINISHED":
            raise NotShown(f"a paragraph of %{kind} ended with {outcome}")
    for kind in dict.fromkeys(kinds):
        count = kinds.count(kind)
        say(f"note: {count} paragraphs of %{kind} " + ("ran" if kind in known else "NOT RUN: not in this Zeppelin"))


def _interpreter(text: str) -> str:
    found = re.match(r"%(\w+)", text)
    if found is None:
        raise NotShown(f"a paragraph names no interpreter: {text[:40]}")
    return found[1]
