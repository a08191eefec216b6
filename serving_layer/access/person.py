"""A person who asks, and what they may see: everybody but the owner has a role and a scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from store.catalogue import COMMUNITY
from store.history.periods import ALWAYS, FOREVER

Role = Literal["member", "community-manager", "operator", "analyst", "service"]
Scope = Literal["installations", "communities", "all"]
TOKEN, PAGE = "token", "page"
"""The owner, as the access log names them: by their token, or logged in to the page with it."""
LEAST_OTHERS = 4
"""A member reads the totals of a community in which so many homes are others', and always were while any was: of fewer,
their own taken away, a total would tell one home's energy, or nearly."""


class Rights(NamedTuple):
    """Rights of a role: what it may be scoped to, and whether it opens the page beside REST."""

    scopes: frozenset[Scope]
    page: bool


_ANY: frozenset[Scope] = frozenset({"installations", "communities", "all"})
ROLES: Mapping[Role, Rights] = MappingProxyType(
    {
        "member": Rights(frozenset({"installations"}), page=True),
        "community-manager": Rights(frozenset({"communities"}), page=True),
        "operator": Rights(_ANY, page=True),
        "analyst": Rights(_ANY, page=True),
        "service": Rights(_ANY, page=False),
    }
)


def identity_of(issuer: str, subject: str) -> str:
    """The identity under which a subject of ``issuer`` is kept: never by e-mail, which may be given to another."""
    return f"{issuer} {subject}"


class Sight(IntEnum):
    """The part of an installation that somebody may see."""

    NOTHING = 0
    TOTALS = 1
    WHOLE = 2


@dataclass(frozen=True)
class Webhook:
    """A URL to which the alarms of somebody's installations are posted, signed with ``secret``; ``since`` is UTC."""

    id: str
    url: str
    since: datetime
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Person:
    """A person or a program. ``role`` None is the owner, whose token `solera up` makes; ``since`` is UTC."""

    name: str
    token_hash: str
    since: datetime
    role: Role | None = None
    installations: frozenset[str] = frozenset()
    communities: frozenset[str] = frozenset()
    sees_all: bool = False
    password_hash: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)
    """The issuer and, after a space, its name for them (OpenID Connect's ``iss`` and ``sub``); empty: none."""
    webhooks: tuple[Webhook, ...] = field(default=(), compare=False)

    @property
    def opens_page(self) -> bool:
        """Whether they may log in to the page."""
        return self.role is None or ROLES[self.role].page

    def sight(self, installation: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> Sight:
        """The sight of a row of the catalogue, whose rows are ``known``.

        A community is seen whole by whoever has it in their scope, and its members with it; its totals by a member.
        """
        if self._sees_whole(installation):
            return Sight.WHOLE
        if self.role != "member" or installation.get("kind") != COMMUNITY:
            return Sight.NOTHING
        members = [each for each in known if each.get("community_id") == installation["installation_id"]]
        is_shown = any(map(self._sees_whole, members)) and self._are_many(str(installation["installation_id"]), known)
        return Sight.TOTALS if is_shown else Sight.NOTHING

    def _are_many(self, community: str, known: Sequence[Mapping[str, Any]]) -> bool:
        """Whether enough homes of the community are others' whenever any is, now and before."""
        others = [
            (when["from"] or ALWAYS, when["to"] or FOREVER)
            for each in known
            if not self._sees_whole(each)
            for when in each.get("memberships", ())
            if when["community_id"] == community
        ]
        counts = {at: sum(start <= at < end for start, end in others) for at in chain.from_iterable(others)}
        return all(count == 0 or count >= LEAST_OTHERS for count in counts.values())

    def _sees_whole(self, installation: Mapping[str, Any]) -> bool:
        own_id, community = installation["installation_id"], installation.get("community_id")
        if installation.get("kind") == COMMUNITY:
            return self.sees_all or own_id in self.communities
        return self.sees_all or own_id in self.installations or community in self.communities
