"""Reads a catalogue file: YAML or JSON, one installation, a list of them, or ``{"installations": [...]}``."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from ingest.catalogue.entries import CatalogueError, InstallationEntry, parse_catalogue


class _OnceLoader(yaml.SafeLoader):
    """YAML in which a key stands once in its mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        _once(names)
        return super().construct_mapping(node, deep)


def read_catalogue(path: Path) -> list[InstallationEntry]:
    """The installations in ``path``. Raises :class:`CatalogueError`."""
    return parse_catalogue(read_content(path))


def read_content(path: Path) -> Any:
    """The content of ``path``, YAML or JSON, each key once. Raises :class:`CatalogueError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CatalogueError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path} is neither YAML nor JSON: {error.reason}") from None
    return _content(path, text)


def _content(path: Path, text: str) -> Any:
    try:
        if text.lstrip()[:1] in ("{", "["):
            try:
                return json.loads(text, object_pairs_hook=_object)
            except json.JSONDecodeError:
                pass  # YAML has mappings and lists in brackets, too
        return yaml.load(text, _OnceLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path} is neither YAML nor JSON: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise CatalogueError(f"{path} is nested too deeply to be a catalogue") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _once([name for name, _ in pairs])
    return dict(pairs)


def _once(names: list[Any]) -> None:
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise CatalogueError(f"{', '.join(twice)} stands twice in one entry; which is meant?")
