"""Logins of the owner and of everybody who was given access, each known by their token or by their session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import ClassVar

from conf import Settings
from conf.refusal import Refusal
from conf.watched_file import WatchedFile
from serving_layer.access import grants, passwords, sessions
from serving_layer.access.person import PAGE, TOKEN, Person, identity_of
from serving_layer.access.token import token_of
from store.web.tokens import hashed


class NoToken(Refusal):
    """A request without a token."""

    kind = "no-token"
    status = 401
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"WWW-Authenticate": "Bearer"})


class WrongToken(NoToken):
    """A request with a token that nobody here has."""

    kind = "wrong-token"


class WrongPassword(NoToken):
    """A name with a password that is not its own; which of both is wrong is not said."""

    kind = "wrong-password"


class UnknownIdentity(NoToken):
    """``subject``, whom the issuer knows and nobody here does."""

    kind = "unknown-identity"
    status = 403

    def __init__(self, text: str, subject: str) -> None:
        super().__init__(text)
        self.subject = subject


class Logins:
    """Knows the owner and everybody who was given access, by token and by session. A change counts at once."""

    def __init__(self, settings: Settings) -> None:
        token = token_of(settings)
        self._people: WatchedFile[list[Person]] = WatchedFile(grants.access_file(settings), grants.read, [])
        self._sessions = sessions.Sessions(token)
        begun = datetime.now(timezone.utc)
        self._owner = {name: Person(name, hashed(token), begun, sees_all=True) for name in (TOKEN, PAGE)}

    def enter(self, token: str) -> Person:
        """The person of ``token``. Raises :class:`WrongToken`."""
        found = hashed(token)
        for person in (self._owner[TOKEN], *self._people.current()):
            if person.token_hash == found:
                return person
        raise WrongToken("Nobody here has that token: `solera access add` makes one, and whoever runs Solera can.")

    def check(self, person: Person) -> None:
        """Raise :class:`WrongToken` where ``person`` has no access any more."""
        if person not in (*self._owner.values(), *self._people.current()):
            raise WrongToken(f"{person.name} has no access any more.")

    def people(self) -> list[Person]:
        """Everybody who was given access. Raises :class:`serving_layer.access.grants.GrantsDamaged`."""
        return self._people.current()

    def log_in(self, token: str) -> str:
        """The page's cookie for whoever has ``token``. Raises :class:`WrongToken`."""
        person = self.enter(token)
        if not person.opens_page:
            raise WrongToken(f"{person.name} is a {person.role}: its token opens REST alone.")
        return self._sessions.begin(self._owner.get(PAGE if person.name == TOKEN else "", person))

    def log_in_as(self, name: str, password: str) -> str:
        """The page's cookie for ``name`` by their ``password``. Raises :class:`WrongPassword`."""
        person = next((each for each in self.people() if each.name == name and each.opens_page), None)
        if not passwords.is_right(password, person.password_hash if person else "") or person is None:
            raise WrongPassword("Nobody here has that name and that password.")
        return self._sessions.begin(person)

    def log_in_by(self, issuer: str, subject: str) -> str:
        """The page's cookie for whoever ``issuer`` calls ``subject``. Raises :class:`UnknownIdentity`."""
        identity = identity_of(issuer, subject)
        person = next((each for each in self.people() if each.identity == identity and each.opens_page), None)
        if person is None:
            raise UnknownIdentity(f"Nobody here is {subject}: `solera access identity` says who is.", subject)
        return self._sessions.begin(person)

    def log_out(self, cookies: Mapping[str, str]) -> None:
        """End the session of a browser with these cookies."""
        if session := sessions.read(cookies.get(sessions.COOKIE, "")):
            self._sessions.end(session)

    def visitor(self, cookies: Mapping[str, str]) -> Person | None:
        """The person who has logged in to the page in a browser with these cookies; None where nobody has."""
        session = sessions.read(cookies.get(sessions.COOKIE, ""))
        if session is None:
            return None
        known = [self._owner[PAGE], *self._people.current()]
        person = next((each for each in known if each.name == session.name), None)
        return person if person and self._sessions.counts(session, person) else None
