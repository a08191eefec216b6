"""The tokens with which sites push, each for named installations: ``<home>/secrets/push.json`` holds their hashes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from conf import Settings
from conf.refusal import Refusal
from conf.watched_file import WatchedFile
from store.web.tokens import hashed, replace_secret

TOKEN_BYTES = 16
"""32 hexadecimal digits: emoncms' clients take keys of that length alone."""


class UnknownToken(Refusal):
    """A request without the token of a site."""

    kind = "unknown-token"
    status = 401
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"WWW-Authenticate": "Bearer"})


class ForeignInstallation(Refusal):
    """A reading of an installation for which the token does not speak."""

    kind = "foreign-installation"
    status = 403


class TokensDamaged(Refusal):
    """The file of tokens can't be read; the text names it."""

    kind = "tokens-damaged"
    status = 503


class Site(NamedTuple):
    """A site that pushes: the hash of its token, and the installations that it speaks for."""

    token_hash: str
    installations: frozenset[str]

    def check(self, installation: str) -> None:
        """Raise :class:`ForeignInstallation` where it does not speak for ``installation``."""
        if installation not in self.installations:
            raise ForeignInstallation(
                f"This token does not speak for {installation[:64]}: `solera admit {installation[:64]}` makes one."
            )


class Tokens:
    """The tokens as the file has them now; a change counts at the next request."""

    def __init__(self, settings: Settings) -> None:
        self._sites: WatchedFile[dict[str, list[str]]] = WatchedFile(tokens_file(settings), _read, {})

    def site(self, token: str) -> Site:
        """The site of ``token``. Raises :class:`UnknownToken`, :class:`TokensDamaged`."""
        name = hashed(token)
        found = self._sites.current().get(name)
        if found is None:
            raise UnknownToken("Send 'Authorization: Bearer <token>'; `solera admit INSTALLATION` makes the token.")
        return Site(name, frozenset(found))


def tokens_file(settings: Settings) -> Path:
    """The file of the hashes."""
    return settings.home / "secrets" / "push.json"


def admit(path: Path, installations: Collection[str]) -> str:
    """Make and return a token that speaks for ``installations``; the file at ``path`` keeps its hash alone."""
    token = secrets.token_hex(TOKEN_BYTES)
    replace_secret(path, json.dumps(_read(path) | {hashed(token): sorted(installations)}, indent=1))
    return token


def revoke(path: Path, installations: Collection[str]) -> int:
    """Let no token speak for ``installations`` any more; returns how many did. One that is left with none ends."""
    known = _read(path)
    left = {name: [each for each in of if each not in installations] for name, of in known.items()}
    if left != known:
        replace_secret(path, json.dumps({name: of for name, of in left.items() if of}, indent=1))
    return sum(left[name] != known[name] for name in known)


def _read(path: Path) -> dict[str, list[str]]:
    try:
        found: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): [str(each) for each in of] for name, of in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError):
        raise TokensDamaged(f"{path} is damaged: delete it, and make the tokens anew with `solera admit`.") from None
