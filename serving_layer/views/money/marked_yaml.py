"""A YAML text with the line of each of its parts, for errors to name. A key that stands twice is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml


class MarkedYaml:
    """The text's ``content``, and where its parts stand. Raises ``yaml.YAMLError``."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=yaml.SafeLoader)
        for line, key in _twice(self._root, set()):
            raise yaml.YAMLError(f"line {line}: {key} stands there twice")
        self.content = yaml.safe_load(text)

    def line(self, place: Sequence[int | str]) -> int:
        """The line of the part that keys and numbers lead to, or of the last part that is there; 1 without any."""
        node, line = self._root, 1
        for step in place:
            line, node = _part(node, step, line)
        return line


def _part(node: Any, step: int | str, line: int) -> tuple[int, Any]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return line, None


def _twice(node: Any, seen: set[int]) -> Iterator[tuple[int, str]]:
    """Line and name of every key that stood in its mapping before."""
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _twice(each, seen)
        return
    keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    for number, (key, value) in enumerate(node.value):
        if isinstance(key, yaml.ScalarNode) and key.value in keys[:number]:
            yield key.start_mark.line + 1, key.value
        yield from _twice(value, seen)
