"""The one door: it knows the asker and gives the installation. REST, CSV, the page and its calls all pass it."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from conf.refusal import Refusal
from serving_layer.access import access_log
from serving_layer.access.limits import Buckets, TooMany
from serving_layer.access.logins import Logins, NoToken
from serving_layer.access.person import Person, Sight
from serving_layer.reader import Reader
from serving_layer.views import catalogue

NOTED_SECONDS = 3600.0
"""A page asks every few seconds; one row an hour says as much."""

_bearer = HTTPBearer(auto_error=False, description="The token of `solera access add`, or the owner's of `solera up`.")


class NotForThem(Refusal):
    """A question that the asker's scope does not reach; the text says what does."""

    kind = "not-in-scope"
    status = 403


def asker(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Person:
    """The person whose token a request bears, else who has logged in to the page in its browser.

    Raises :class:`NoToken`, :class:`WrongToken`, :class:`serving_layer.access.limits.TooMany`.
    """
    logins: Logins = request.app.state.logins
    person = logins.enter(given.credentials) if given else logins.visitor(request.cookies)
    if person is None:
        raise NoToken("Send the header 'Authorization: Bearer <token>'; whoever runs Solera has the token.")
    limits: Buckets = request.app.state.limits
    if person.role and not limits.take(person.name):
        raise TooMany(f"{person.name} asks too often: the limit is api.requests_per_minute; wait a second.")
    return person


Asker = Annotated[Person, Depends(asker)]


def sees_all(who: Asker) -> None:
    """Refuse whoever does not see every installation. Raises :class:`NotForThem`."""
    if not who.sees_all:
        raise NotForThem("This speaks of all installations together; it is for whoever has access to all.")


def visible(reader: Reader, who: Person, least: Sight = Sight.WHOLE) -> list[dict[str, Any]]:
    """The rows of the catalogue of which ``who`` sees ``least`` or more, by id."""
    known = catalogue.installations(reader)
    return known if who.sees_all else [each for each in known if who.sight(each, known) >= least]


def seen(reader: Reader, installation_id: str, who: Person, what: str, least: Sight = Sight.WHOLE) -> dict[str, Any]:
    """The installation, for one who sees ``least`` of it; the access log notes that they are given ``what``.

    Raises :class:`serving_layer.views.catalogue.UnknownInstallation`, also of one that ``who`` may know nothing of,
    and :class:`NotForThem`.
    """
    found = catalogue.named(visible(reader, who, Sight.TOTALS), installation_id)
    if who.sight(found, catalogue.installations(reader)) < least:
        raise NotForThem(f"Of {installation_id} only totals are yours: energy, forecast, skill and errors.")
    note(reader, who, [installation_id], what)
    return found


def note_all(reader: Reader, who: Person, what: str) -> list[dict[str, Any]]:
    """Note that ``who`` is given ``what`` of every installation that they see whole; the rows of these."""
    shown = visible(reader, who)
    note(reader, who, [access_log.EVERYBODY] if who.sees_all else [each["installation_id"] for each in shown], what)
    return shown


def note(reader: Reader, who: Person, installation_ids: list[str], what: str) -> None:
    """Note in the access log that ``who`` is given ``what``, once in :data:`NOTED_SECONDS` while it is asked again.

    Raises :class:`serving_layer.reader.StoreAway`: a question that can't be noted is not answered.
    """

    def noted() -> bool:
        reader.each(access_log.INSERT, [access_log.values(who.name, each, what) for each in installation_ids])
        return True

    reader.kept(f"noted {who.name} {what} {installation_ids}", NOTED_SECONDS, noted)


class Seen:
    """The installation that a request names. Whether the asker may see it is found out when it is first used, behind
    the checks of the other parameters; nobody gets at its id without that.
    """

    least: ClassVar[Sight] = Sight.WHOLE

    def __init__(
        self,
        request: Request,
        installation_id: Annotated[str, Path(max_length=200, description="As registered.", examples=["fontana-01"])],
        who: Asker,
    ) -> None:
        self._reader: Reader = request.app.state.reader
        self._named, self._who = installation_id, who
        self._what = str(request.scope["route"].path).rpartition("/")[2]

    @cached_property
    def row(self) -> dict[str, Any]:
        """The row of the catalogue. Raises as :func:`seen`."""
        return seen(self._reader, self._named, self._who, self._what, self.least)

    @property
    def id(self) -> str:
        """The id. Raises the same."""
        return str(self.row["installation_id"])


class Among:
    """The installations that a list is about: the one that a request names, else all that the asker sees."""

    def __init__(
        self,
        request: Request,
        who: Asker,
        installation_id: Annotated[str | None, Query(max_length=200, description="One installation only.")] = None,
    ) -> None:
        self._reader: Reader = request.app.state.reader
        self._named, self._who = installation_id, who
        self._what = str(request.scope["route"].path).rpartition("/")[2]

    @cached_property
    def ids(self) -> list[str] | None:
        """The ids; None: every one that there is. Raises as :func:`seen`."""
        if self._named is not None:
            return [str(seen(self._reader, self._named, self._who, self._what)["installation_id"])]
        shown = note_all(self._reader, self._who, self._what)
        return None if self._who.sees_all else [str(each["installation_id"]) for each in shown]


class SeenAsTotal(Seen):
    """The same, of a path that gives nothing but sums: a member may ask it of their community."""

    least = Sight.TOTALS


Guarded = Depends(asker)
"""A path about no installation in particular."""
OfAll = Depends(sees_all)
"""A path about all installations together."""
SeenInstallation = Annotated[Seen, Depends()]
"""The installation that a path names."""
SeenTotals = Annotated[SeenAsTotal, Depends()]
"""The same, where a path gives nothing but sums."""
AmongSeen = Annotated[Among, Depends()]
"""The installations of a list."""
