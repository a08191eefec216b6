"""The installations whose energy adds up to an installation's, and when: itself, or a community's members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from serving_layer.instants import Span

Parts = Mapping[str, list[Span]]
"""The spans in which an installation is a part, in order."""


def parts(installation: Mapping[str, Any], catalogue: Iterable[Mapping[str, Any]], span: Span) -> Parts:
    """The parts of an installation of the ``catalogue`` in ``span``."""
    own = str(installation["installation_id"])
    if installation.get("kind") != "community":
        return {own: [span]}
    found: dict[str, list[Span]] = {}
    for each in catalogue:
        for community, when in _belonged(each, span):
            if community == own:
                found.setdefault(str(each["installation_id"]), []).append(when)
    return found


def communities(installation: Mapping[str, Any], span: Span) -> list[str]:
    """The communities that an installation of the catalogue belonged to at some time of ``span``, by id."""
    return sorted({community for community, _ in _belonged(installation, span)})


def within(one: tuple[Any, Any], other: tuple[Any, Any]) -> Span:
    """The time that two spans have in common; reversed or empty where there is none."""
    return Span(max(one[0], other[0]), min(one[1], other[1]))


def _belonged(installation: Mapping[str, Any], span: Span) -> Iterator[tuple[str, Span]]:
    for each in installation["memberships"]:
        when = within((each["from"] or span.start, each["to"] or span.end), span)
        if when.start < when.end:
            yield each["community_id"], when
