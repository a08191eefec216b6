"""The people and programs that were given access: ``<home>/secrets/access.json`` holds the hashes of their tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from conf import Settings
from conf.refusal import Refusal
from serving_layer.access.access_log import SQL
from serving_layer.access.passwords import hash_of
from serving_layer.access.person import PAGE, ROLES, TOKEN, Person, Role, Scope, identity_of
from store.web.tokens import hashed, replace_secret

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
TAKEN = frozenset({TOKEN, PAGE, SQL})
"""Names by which the access log calls the owner, and the door of SQL."""
NOBODY = "Nobody here is called {name}; `solera access list` says who is."
_PEOPLE = TypeAdapter(list[Person])


class BadGrant(Refusal):
    """Access that can't be given or taken; the text says why."""

    kind = "bad-grant"
    exit_code = 2


class GrantsDamaged(Refusal):
    """The file of people can't be read; the text names it."""

    kind = "grants-damaged"
    status = 503


def access_file(settings: Settings) -> Path:
    """The file of the people."""
    return settings.home / "secrets" / "access.json"


def add(path: Path, asked: Person) -> str:
    """Keep ``asked`` and return the token made for it, which nobody keeps. Raises :class:`BadGrant`."""
    known = read(path)
    _check(asked, [each.name for each in known])
    token = secrets.token_urlsafe(32)
    _write(path, [*known, replace(asked, token_hash=hashed(token))])
    return token


def person(name: str, role: Role, installations: Collection[str], communities: Collection[str], all_: bool) -> Person:
    """Somebody to be given access from now on."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Person(name, "", now, role, frozenset(installations), frozenset(communities), all_)


def revoke(path: Path, name: str) -> None:
    """Take the access of ``name`` back; it counts at once. Raises :class:`BadGrant` where nobody is of that name."""
    known = read(path)
    left = [each for each in known if each.name != name]
    if left == known:
        raise BadGrant(NOBODY.format(name=name))
    _write(path, left)


def change(path: Path, name: str, changed: Callable[[Person], Person]) -> None:
    """Keep what ``changed`` makes of ``name``. Raises :class:`BadGrant` where nobody is of that name."""
    known = read(path)
    if name not in {each.name for each in known}:
        raise BadGrant(NOBODY.format(name=name))
    _write(path, [changed(each) if each.name == name else each for each in known])


def set_password(path: Path, name: str, password: str) -> None:
    """Let ``name`` log in to the page by ``password``, too; it ends the sessions that they have.

    Raises :class:`BadGrant` and :class:`serving_layer.access.passwords.BadPassword`.
    """

    def changed(person: Person) -> Person:
        if not person.opens_page:
            raise BadGrant(f"{name} is a {person.role}, for whom the page does not open; a password is of no use.")
        return replace(person, password_hash=hash_of(password))

    change(path, name, changed)


def set_identity(path: Path, name: str, issuer: str, subject: str) -> None:
    """Let ``name`` log in to the page as ``subject`` of ``issuer``, too; it ends the sessions that they have.

    Raises :class:`BadGrant`.
    """
    if not issuer:
        raise BadGrant("No issuer is configured: name one in [oidc] of the settings (docs/security.md).")
    identity = identity_of(issuer, subject)
    others = [each.name for each in read(path) if each.identity == identity and each.name != name]
    if others or not subject or not subject.isprintable() or " " in subject:
        raise BadGrant(f"{subject} is {others[0]} already." if others else f"{subject!r} is no subject of an issuer.")

    def changed(person: Person) -> Person:
        if not person.opens_page:
            raise BadGrant(f"{name} is a {person.role}, for whom the page does not open; an identity is of no use.")
        return replace(person, identity=identity)

    change(path, name, changed)


def forget(path: Path, installation_id: str) -> None:
    """Let nobody's scope name ``installation_id`` any more; whose scope is empty then has no access."""
    known, lost = read(path), {installation_id}
    left = [
        replace(each, installations=each.installations - lost, communities=each.communities - lost) for each in known
    ]
    if left != known:
        _write(path, [each for each in left if each.sees_all or each.installations or each.communities])


def read(path: Path) -> list[Person]:
    """Everybody, in the order in which they were added. Raises :class:`GrantsDamaged`."""
    try:
        return _PEOPLE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError:
        raise GrantsDamaged(f"{path} is damaged: delete it, and give access anew with `solera access add`.") from None


def _check(asked: Person, names: Sequence[str]) -> None:
    if not NAME.fullmatch(asked.name) or asked.name in TAKEN:
        raise BadGrant(
            f"{asked.name!r} is no name: it takes small letters, digits, full stops and -, and none of {_list(TAKEN)}."
        )
    if asked.name in names:
        raise BadGrant(f"{asked.name} has access already; `solera access revoke {asked.name}` first.")
    given: dict[Scope, bool] = {
        "installations": bool(asked.installations),
        "communities": bool(asked.communities),
        "all": asked.sees_all,
    }
    wanted = {scope for scope, is_given in given.items() if is_given}
    allowed = ROLES[asked.role].scopes if asked.role else frozenset()
    if len(wanted) != 1 or wanted - allowed:
        raise BadGrant(
            f"The scope of a {asked.role} is one of {_list(allowed)}: name it by --installation, --community or --all."
        )


def _list(words: Collection[str]) -> str:
    return ", ".join(sorted(words))


def _write(path: Path, people: Sequence[Person]) -> None:
    replace_secret(path, _PEOPLE.dump_json(list(people), indent=1).decode())
