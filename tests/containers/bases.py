"""The base images: from a registry where one is reached, else made of Debian's packages on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.containers.compose import ROOT, NotShown, docker, say

DOCKERFILE = ROOT / "conf/docker/Dockerfile"
HERE = Path(__file__).parent
DEBIAN = "solera-base-debian:bookworm"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_LEFT_OUT = ("--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*")


def python_image() -> str:
    """The image of Python that the Dockerfile begins with. Raises :class:`NotShown`."""
    return _named_or_had("PYTHON_IMAGE") or _made("solera-base-python:bookworm", "python")


def zeppelin_image() -> str:
    """The image of Zeppelin; where it can't be had a 0.10 server in its place, made of the image ``solera``."""
    return _named_or_had("ZEPPELIN_IMAGE") or _made("solera-base-zeppelin:0.10.0", "zeppelin")


def spark_image() -> str:
    """The image of Spark; where it can't be had, the same Spark in the image ``solera``."""
    return _named_or_had("SPARK_IMAGE") or _made("solera-base-spark:3.5.7", "spark")


def _named_or_had(argument: str) -> str | None:
    found = re.search(rf"^ARG {argument}=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), flags=re.M)
    if found is None:
        raise NotShown(f"{DOCKERFILE} has no argument {argument}")
    image = os.environ.get(argument) or found[1]
    if _succeeds("docker", "image", "inspect", image) or _succeeds("docker", "pull", "--quiet", image):
        say(f"base image {image}")
        return image
    say(f"base image {image} CAN'T BE HAD here: one made on this machine takes its place")
    return None


def _made(image: str, folder: str) -> str:
    with tempfile.TemporaryDirectory() as context:
        shutil.copytree(HERE / folder, context, dirs_exist_ok=True)
        if folder == "python":
            _have_debian()
            shutil.copy(CERTIFICATES, Path(context) / "certificates.crt")
        docker("build", "--quiet", "--tag", image, context, seconds=1800)
    say(f"base image {image}, made here by tests/containers/{folder}/Dockerfile")
    return image


def _have_debian() -> None:
    """Debian 12 by debootstrap, which needs root."""
    if _succeeds("docker", "image", "inspect", DEBIAN):
        return
    if shutil.which("debootstrap") is None:
        raise NotShown("no base image can be had, and debootstrap, which makes one, is not installed")
    with tempfile.TemporaryDirectory() as root:
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], check=True, stdout=subprocess.DEVNULL)
        tar = subprocess.Popen(["tar", "-C", root, *_LEFT_OUT, "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(["docker", "import", "-", DEBIAN], stdin=tar.stdout, check=True, stdout=subprocess.DEVNULL)
        tar.wait()


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=1800).returncode == 0
