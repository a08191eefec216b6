"""An issuer of OpenID Connect: what it says of itself, its keys, and the ID token that it gives for a code."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from conf.oidc import OidcSettings
from conf.refusal import Refusal
from serving_layer.access.oidc.asking import IssuerAway, Kept, answer
from serving_layer.access.oidc.begun import Begun
from serving_layer.access.oidc.id_token import Expected, UnknownKey, subject_of

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

BEGIN = "/login/oidc"
"""The path at which a login begins."""
BACK = f"{BEGIN}/back"
"""The path to which the issuer sends the browser back."""
KEY_TYPES = ("RSA", "EC", "OKP")


class CodeRefused(Refusal):
    """The issuer gives nothing for a code: it was used, is too old, or was not ours."""

    kind = "code-refused"
    status = 401


class Endpoints(NamedTuple):
    """Addresses at which an issuer is asked, and whether its answers name it (RFC 9207)."""

    authorization: str
    token: str
    keys: str
    by_basic: bool
    names_itself: bool


class Issuer:
    """The issuer that the settings name."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._endpoints = Kept(self._discover)
        self._keys = Kept(self._fetch_keys)

    @property
    def name(self) -> str:
        """The issuer's URL, as it is in the ID tokens."""
        return self._settings.issuer

    @property
    def host(self) -> str:
        """The host that people know it by."""
        return urlsplit(self.name).netloc

    @property
    def pages(self) -> str:
        """The address of the pages for browsers: by the settings, whatever a request says of its host."""
        return self._settings.pages.rstrip("/")

    @property
    def is_secure(self) -> bool:
        """Whether they do so by TLS."""
        return self.pages.startswith("https:")

    @property
    def redirect_uri(self) -> str:
        """The address to which it sends the browser back."""
        return self.pages + BACK

    def authorization(self, begun: Begun) -> str:
        """The address to which a browser is sent to log in. Raises :class:`IssuerAway`."""
        endpoints = self._endpoints.get()
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self._settings.client_id,
            "redirect_uri": self.redirect_uri,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": begun.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoints.authorization}{'&' if '?' in endpoints.authorization else '?'}{urlencode(asked)}"

    def is_its_answer(self, issuer: str) -> bool:
        """Whether an answer that names ``issuer``, or none, is this one's. Raises :class:`IssuerAway`."""
        endpoints = self._endpoints.get()
        return issuer == self.name or (not issuer and not endpoints.names_itself)

    def subject(self, code: str, begun: Begun) -> str:
        """The subject that has logged in there, by the code that it gave.

        Raises :class:`IssuerAway`, :class:`CodeRefused`, :class:`serving_layer.access.oidc.id_token.BadIdToken`.
        """
        token = self._token(code, begun)
        expected = Expected(self.name, self._settings.client_id, begun.nonce)
        try:
            return subject_of(token, self._keys.get(), expected)
        except UnknownKey:
            return subject_of(token, self._keys.get(0.0), expected)

    def _token(self, code: str, begun: Begun) -> str:
        endpoints = self._endpoints.get()
        client_id, secret = self._settings.client_id, self._settings.client_secret.get_secret_value()
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": begun.verifier,
        }
        # RFC 6749, 2.3.1: each is encoded as in a form.
        basic = (quote(client_id, safe=""), quote(secret, safe="")) if secret and endpoints.by_basic else None
        if basic is None:
            asked |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        status, said = answer("POST", endpoints.token, asked, basic)
        if 400 <= status < 500:
            raise CodeRefused(f"{self.name} refuses the code: {str(said.get('error'))[:100]}")
        if status != 200 or not isinstance(said.get("id_token"), str):
            raise IssuerAway(f"{self.name} answers {status} without an ID token")
        return str(said["id_token"])

    def _discover(self) -> Endpoints:
        said = self._get(f"{self.name.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.name:
            raise IssuerAway(f"{self.name} calls itself {str(said.get('issuer'))[:200]!r}")
        authorization, token, keys = (
            str(said.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        if not all(map(self._is_safe, (authorization, token, keys))):
            raise IssuerAway(f"{self.name} does not say where it is asked by https")
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        names_itself = said.get("authorization_response_iss_parameter_supported") is True
        return Endpoints(authorization, token, keys, "client_secret_basic" in methods, names_itself)

    def _is_safe(self, url: str) -> bool:
        """Whether the address is one of TLS; an issuer of this machine's own may be without, as the settings let it."""
        return urlsplit(url).scheme == "https" or url.startswith(self.name.rstrip("/") + "/")

    def _fetch_keys(self) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet, import_key

        endpoints = self._endpoints.get()
        said = self._get(endpoints.keys).get("keys")
        keys = []
        for each in filter(_signs, said if isinstance(said, list) else []):
            # A kind of key that is not known here takes nothing from the others.
            with suppress(JoseError, ValueError, TypeError, KeyError):
                keys.append(import_key(each))
        if not keys:
            raise IssuerAway(f"{self.name} shows no key that signs")
        return KeySet(keys)

    def _get(self, url: str) -> Mapping[str, Any]:
        status, said = answer("GET", url)
        if status != 200:
            raise IssuerAway(f"{url} answers {status}")
        return said


def _signs(key: object) -> bool:
    return isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
