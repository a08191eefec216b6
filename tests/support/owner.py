"""The owner of an API under test, as REST and a browser know them."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving_layer.access.sessions import COOKIE
from serving_layer.access.token import token_of


def bearer(app: FastAPI) -> dict[str, str]:
    """The headers of their requests."""
    return {"Authorization": f"Bearer {token_of(app.state.settings)}"}


def client(app: FastAPI) -> TestClient:
    """Their client of REST; entered as a context it also starts what the application runs beside."""
    return TestClient(app, base_url="http://127.0.0.1", headers=bearer(app))


def cookies(app: FastAPI) -> dict[str, str]:
    """The cookies of their browser, which has logged in."""
    return {COOKIE: app.state.logins.log_in(token_of(app.state.settings))}
