"""An ID token (OpenID Connect Core, 3.1.3.7): signed by the issuer, made for us, for this login, and not long ago."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from conf.refusal import Refusal

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Algorithms by which only the issuer can sign: none, and those of a secret that we hold too, are not among them."""
SKEW_SECONDS = 60
"""Seconds by which the clocks of issuer and machine may differ."""
LONGEST_SUBJECT = 255


class BadIdToken(Refusal):
    """The issuer says of somebody what can't be believed; the text says why, for the log."""

    kind = "bad-id-token"
    status = 401


class UnknownKey(BadIdToken):
    """A token signed by a key that is not among those that were fetched."""


class Expected(NamedTuple):
    """Claims that a token of this login must state."""

    issuer: str
    client_id: str
    nonce: str


def subject_of(token: str, keys: KeySet, expected: Expected) -> str:
    """The subject of the token, as the issuer names them for good.

    Raises :class:`BadIdToken`, and :class:`UnknownKey` where newer keys of the issuer may help.
    """
    from joserfc.errors import JoseError
    from joserfc.jwt import JWTClaimsRegistry

    claims = _signed(token, keys)
    essential = {name: {"essential": True} for name in ("exp", "iat", "sub")}
    needed: dict[str, Any] = essential | {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "nonce": {"essential": True, "value": expected.nonce},
    }
    try:
        JWTClaimsRegistry(lambda: int(time.time()), SKEW_SECONDS, **needed).validate(dict(claims))
    except JoseError as error:
        raise BadIdToken(f"the ID token is refused: {error}") from None
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if claims.get("azp", expected.client_id) != expected.client_id or (len(audiences) > 1 and "azp" not in claims):
        raise BadIdToken("the ID token was made for another client")
    subject = str(claims["sub"])
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable() or " " in subject:
        raise BadIdToken("the subject of the ID token is no name")
    return subject


def _signed(token: str, keys: KeySet) -> Mapping[str, Any]:
    """The claims of a token whose signature is right. Raises :class:`BadIdToken`."""
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError

    try:
        claims: Mapping[str, Any] = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except InvalidKeyIdError:
        raise UnknownKey("the ID token is signed by a key that the issuer does not show") from None
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadIdToken(f"the ID token is refused: {error}") from None
    return claims
