"""An issuer of OpenID Connect that says what it is told to: no real one signs what must be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "solera", "a secret with % and :"
Token = Callable[["Issuer", dict[str, Any]], str]


def plain(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def signed(issuer: Issuer, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": issuer.key.kid}, claims, issuer.key)


def unsigned(_: Issuer, claims: dict[str, Any]) -> str:
    return f"{plain({'alg': 'none'})}.{plain(claims)}."


def by_public_key(issuer: Issuer, claims: dict[str, Any]) -> str:
    """HS256 with the public key, which everybody has, as its secret."""
    text = f"{plain({'alg': 'HS256', 'kid': issuer.key.kid})}.{plain(claims)}"
    mac = hmac.digest(issuer.key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def by_client_secret(issuer: Issuer, claims: dict[str, Any]) -> str:
    text = f"{plain({'alg': 'HS256', 'kid': issuer.key.kid})}.{plain(claims)}"
    mac = hmac.digest(SECRET.encode(), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def by_another(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Signed by a key of nobody's, which bears the name of the issuer's."""
    return jwt.encode({"alg": "RS256", "kid": issuer.key.kid}, claims, RSAKey.generate_key(2048))


@cache
def first_key() -> RSAKey:
    """The key that issuers begin with: one takes long to make."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


@dataclass
class Issuer:
    """``says`` is laid over the claims, ``discovers`` over what it says of itself; a None takes one away."""

    port: int = 0
    subject: str = "subject-of-ana"
    token: Token = signed
    asks_for: str = "client_secret_basic"
    says: dict[str, Any] = field(default_factory=dict)
    discovers: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=first_key)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log_in(self, location: str) -> dict[str, str]:
        """What its page does once somebody has logged in there: the query with which it sends the browser back."""
        assert location.startswith(f"{self.url}/authorize?")
        given = dict(parse_qsl(urlsplit(location).query))
        assert (given["response_type"], given["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(8)
        self.codes[code] = given
        return {"code": code, "state": given["state"]}

    def known_by(self, form: Mapping[str, str], authorization: str) -> str:
        """How a client has shown who it is."""
        if authorization == f"Basic {base64.b64encode(b'solera:a%20secret%20with%20%25%20and%20%3A').decode()}":
            return "client_secret_basic"
        if authorization or form.get("client_id") != CLIENT:
            return "wrong"
        return {SECRET: "client_secret_post", None: "none"}.get(form.get("client_secret"), "wrong")

    def exchange(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        given = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if self.known_by(form, authorization) != self.asks_for:
            return 401, {"error": "invalid_client"}
        if given is None or challenge.rstrip(b"=").decode() != given["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != given["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.url, "aud": CLIENT, "sub": self.subject, "nonce": given["nonce"]}
        claims |= {"iat": now, "exp": now + 300} | self.says
        kept = {name: value for name, value in claims.items() if value is not None}
        return 200, {"id_token": self.token(self, kept), "access_token": "x", "token_type": "Bearer"}

    def discovery(self) -> dict[str, Any]:
        said: dict[str, Any] = {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize"}
        said |= {"token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys"} | self.discovers
        return {name: value for name, value in said.items() if value is not None}

    def answer(self, path: str) -> dict[str, Any]:
        secret = {"kty": "oct", "kid": self.key.kid, "k": base64.urlsafe_b64encode(SECRET.encode()).decode()}
        keys = [secret, {"kty": "new", "kid": "odd"}, self.key.as_dict(private=False)]
        return {"keys": keys} if path == "/keys" else self.discovery()


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            self._say(200, issuer.answer(self.path))

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            given = {name: values[0] for name, values in form.items()}
            self._say(*issuer.exchange(given, self.headers.get("authorization", "")))

        def _say(self, status: int, content: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def issuing(issuer: Issuer) -> Iterator[Issuer]:
    """It listens meanwhile, at the port at which it listened before where there was one."""
    server = ThreadingHTTPServer(("127.0.0.1", issuer.port), _handler(issuer))
    issuer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
