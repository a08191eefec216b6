"""The bytes of a person's file, unpacked where it is packed, never more than :data:`MOST_BYTES` of them."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conf.refusal import Refusal

MOST_BYTES = 512 * 1024 * 1024
"""Ten million rows of a distributor's file; beyond it a file is no year of anybody's hours but a bomb."""
MOST_MEMBERS = 1000
_GZIP, _BZIP, _ZIP = b"\x1f\x8b", b"BZh", b"PK\x03\x04"
_CHUNK = 1 << 20


class FileRefused(Refusal):
    """A file that can't be read; the text says why."""


def unpacked(path: Path) -> bytes:
    """The bytes of ``path``, unpacked where packed, or the one file of its zip. Raises :class:`FileRefused`.

    An Excel file, which is a zip, too, is given back as it is, measured.
    """
    with _refused(path), path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start[:2] == _GZIP:
            return _bounded(gzip.GzipFile(fileobj=file), path)
        if start[:3] == _BZIP:
            return _bounded(bz2.BZ2File(file), path)
        if start == _ZIP:
            return _of_zip(file, path)
        return _bounded(file, path)


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file of a zip, and of any other file its own. Raises :class:`FileRefused`."""
    with _refused(path), path.open("rb") as file:
        if file.read(4) != _ZIP:
            yield path.name, unpacked(path)
            return
        with zipfile.ZipFile(file) as archive:
            size = 0
            for info in _files(archive, path):
                with archive.open(info) as member:
                    content = _bounded(member, path)
                size += len(content)
                if size > MOST_BYTES:
                    raise _too_large(path)
                yield info.filename, content


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """What goes wrong with a file, as a :class:`FileRefused`."""
    try:
        yield
    # A zip asks for a compression that is not there, or for a password, by the last two.
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise FileRefused(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None


def _files(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    found = [info for info in archive.infolist() if not info.is_dir()]
    if len(found) > MOST_MEMBERS:
        raise FileRefused(f"{path} holds {len(found)} files: unpack the one that is meant")
    return found


def _of_zip(file: IO[bytes], path: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        found = _files(archive, path)
        if any(info.filename == "[Content_Types].xml" for info in found):
            _measure(archive, found, path)
            file.seek(0)
            return _bounded(file, path)
        if len(found) != 1:
            raise FileRefused(f"{path} holds {len(found)} files: unpack the one that is meant")
        with archive.open(found[0]) as member:
            return _bounded(member, path)


def _measure(archive: zipfile.ZipFile, found: list[zipfile.ZipInfo], path: Path) -> None:
    """Unpack all of it and keep nothing: what the archive says of its sizes need not be true."""
    size = 0
    for info in found:
        with archive.open(info) as member:
            while chunk := member.read(_CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise _too_large(path)


def _bounded(source: IO[bytes] | gzip.GzipFile | bz2.BZ2File, path: Path) -> bytes:
    found = io.BytesIO()
    while chunk := source.read(_CHUNK):
        if found.tell() + len(chunk) > MOST_BYTES:
            raise _too_large(path)
        found.write(chunk)
    return found.getvalue()


def _too_large(path: Path) -> FileRefused:
    return FileRefused(f"{path} holds more than {MOST_BYTES >> 20} MB, unpacked: import it in parts")
