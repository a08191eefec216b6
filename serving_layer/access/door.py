"""The one door: it knows the asker and gives the installation. REST, CSV, the page and its calls all pass it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from conf.refusal import Refusal
from serving_layer.access import access_log
from serving_layer.reader import Reader
from serving_layer.views import catalogue

SESSION = "solera_session"
"""The page's cookie. It is made from the token, so that a new token ends every session."""

TOKEN, PAGE = "token", "page"
"""Who asks, as the access log names them: whoever holds the token, or has logged in to the page with it."""
NOTED_SECONDS = 3600.0
"""A page asks every few seconds; one row an hour says as much."""

_bearer = HTTPBearer(auto_error=False, description="The token `solera up` makes in its home folder.")


class NoToken(Refusal):
    """A request without a token."""

    kind = "no-token"
    status = 401
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"WWW-Authenticate": "Bearer"})


class WrongToken(NoToken):
    """A request with a token that is not ours."""

    kind = "wrong-token"


def is_token(given: str, token: str) -> bool:
    """Whether ``given`` is the token; compared in constant time."""
    return hmac.compare_digest(given.encode(), token.encode())


def session_of(token: str) -> str:
    """The value of the page's cookie."""
    return hmac.new(token.encode(), b"page", hashlib.sha256).hexdigest()


def is_session(cookies: Mapping[str, str], token: str) -> bool:
    """Whether a browser with these cookies has logged in."""
    return hmac.compare_digest(cookies.get(SESSION, "").encode(), session_of(token).encode())


def token_required(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """Refuse a request without the token. Raises :class:`NoToken`, :class:`WrongToken`."""
    say = "Send the header 'Authorization: Bearer <token>'; whoever runs Solera has the token."
    if given is None:
        raise NoToken(say)
    if not is_token(given.credentials, request.app.state.token):
        raise WrongToken(say)


def seen(reader: Reader, installation_id: str, who: str, what: str) -> dict[str, Any]:
    """The installation, for one who may see it: everybody with the token sees all. The access log notes it.

    ``who`` asks for ``what``. Raises :class:`serving_layer.views.catalogue.UnknownInstallation`.
    """
    installation = catalogue.installation(reader, installation_id)
    note(reader, who, installation_id, what)
    return installation


def note(reader: Reader, who: str, installation_id: str, what: str) -> None:
    """Note in the access log that ``who`` is given ``what``, once in :data:`NOTED_SECONDS` while it is asked again.

    Raises :class:`serving_layer.reader.StoreAway`: a question that can't be noted is not answered.
    """

    def noted() -> bool:
        reader.rows(access_log.INSERT, *access_log.values(who, installation_id, what))
        return True

    reader.kept(f"noted {who} {installation_id} {what}", NOTED_SECONDS, noted)


class Seen:
    """The installation that a request names. Whether the asker may see it is found out when it is first used, behind
    the checks of the other parameters; nobody gets at its id without that.
    """

    def __init__(
        self,
        request: Request,
        installation_id: Annotated[str, Path(max_length=200, description="As registered.", examples=["fontana-01"])],
        _: Annotated[None, Depends(token_required)],
    ) -> None:
        self._reader: Reader = request.app.state.reader
        self._named = installation_id
        self._what = str(request.scope["route"].path).rpartition("/")[2]

    @cached_property
    def row(self) -> dict[str, Any]:
        """Its row of the catalogue. Raises :class:`serving_layer.views.catalogue.UnknownInstallation`."""
        return seen(self._reader, self._named, TOKEN, self._what)

    @property
    def id(self) -> str:
        """Its id. Raises the same."""
        return str(self.row["installation_id"])


Guarded = Depends(token_required)
"""A path about no installation in particular."""
SeenInstallation = Annotated[Seen, Depends()]
"""The installation that a path names."""
