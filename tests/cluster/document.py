"""The lines of docs/cluster.md that the rehearsal runs: what a reader copies, with this cluster's names and sizes."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

from conf import Settings, jars
from tests.cluster.addresses import MASTER
from tests.cluster.spark import PORT

ROOT = Path(__file__).parents[2]
ONCE = "## Once: topics, tables, roles"
SPEED, NIGHT = "speed_layer/job.py", "batch_layer/nightly.py"


class Chapter(NamedTuple):
    """How jobs are submitted: the chapter that says it, and what stands there for other sizes and places."""

    heading: str
    sizes: dict[str, str]
    places: dict[str, str]


OWN = Chapter(
    "## Spark's own cluster",
    {
        "--driver-memory 4g": "--driver-memory 1g",
        "--total-executor-cores 16 --executor-cores 4": "--total-executor-cores 2 --executor-cores 1",
        "--total-executor-cores 48 --executor-cores 4": "--total-executor-cores 2 --executor-cores 1",
        "--executor-memory 6g": "--executor-memory 1g",
        "--executor-memory 8g": "--executor-memory 1g",
    },
    {"/opt/solera": str(ROOT), "spark://master.example.org:7077": f"spark://{MASTER}:{PORT}"},
)
YARN = Chapter(
    "## YARN",
    {
        "--driver-memory 4g": "--driver-memory 1g",
        "--num-executors 4 --executor-cores 4": "--num-executors 2 --executor-cores 1",
        "--num-executors 12 --executor-cores 4": "--num-executors 2 --executor-cores 1",
        "--executor-memory 6g": "--executor-memory 1g",
        "--executor-memory 8g": "--executor-memory 1g",
    },
    {
        "/opt/solera": str(ROOT),
        "/etc/hadoop/conf": "$HADOOP",
        "solera.zip": "$SHIPPED/solera.zip",
        " env.tar.gz": " $SHIPPED/env.tar.gz",
    },
)
DATE = "2026-03-10"
_BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(heading: str) -> list[str]:
    """The blocks of code of a chapter."""
    text = (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
    return _BLOCK.findall(text.split(f"{heading}\n")[1].split("\n## ")[0])


def replicate_logins(settings: Settings) -> str:
    """The statement that gives Cassandra's logins their replicas."""
    return blocks(ONCE)[0].strip().rstrip(";").replace("'dc1'", f"'{settings.cassandra.datacenter}'")


def ready_once() -> str:
    """A script that makes topics, tables and roles; the environment has the passwords."""
    given = re.sub(r"^export$\n", "", re.sub(r" \w+=…", "", blocks(ONCE)[1]), flags=re.MULTILINE)
    return f"set -e\ncd {ROOT}\n{given}"


def packing() -> str:
    """A script that packs what YARN ships; ``$SHIPPED`` is the folder for it."""
    return f"set -e\ncd {ROOT}\n{_placed(blocks(YARN.heading)[0], YARN.places)}"


def submission(chapter: Chapter, job: str, settings: Settings, day: date) -> str:
    """A script that submits ``job``; its jars come from the cache of downloads, the night is that of ``day``."""
    text = _placed(blocks(chapter.heading)[-1], chapter.places | chapter.sizes | {DATE: str(day)})
    files = ",".join(str(path) for path in jars.paths("spark", settings.cache))
    text = re.sub(r"--packages [^\"\s]+", f"--jars {files}", text)
    common = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(("$SUBMIT", "#")))
    line = next(line for line in text.splitlines() if line.startswith("$SUBMIT") and job in line)
    return f"set -e\n{common}exec {line}\n"


def _placed(text: str, places: dict[str, str]) -> str:
    for wanted, ours in places.items():
        text = text.replace(wanted, ours)
    return text
