"""The API and the pages in one process: ``python -m serving_layer.app``."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

from conf import Settings, load_settings
from serving_layer import health
from serving_layer.access.limits import Buckets
from serving_layer.access.logins import Logins
from serving_layer.access.oidc.begun import Beginnings
from serving_layer.access.oidc.issuer import Issuer
from serving_layer.access.token import token_of
from serving_layer.api import (
    access,
    alarms,
    energy,
    forecasts,
    installations,
    live,
    prices,
    provenance,
    runs,
)
from serving_layer.api import health as health_api
from serving_layer.api.counting import Counting
from serving_layer.api.money import bills, proposals, settlement, stated_months
from serving_layer.checks import checks
from serving_layer.metrics import Metrics
from serving_layer.reader import Reader
from serving_layer.web import answer, routes
from serving_layer.web.entrance import login, oidc
from serving_layer.webhooks.sending import Sending
from store.web import problems, reference
from store.web.bounds import Bounds
from store.web.connections import server_options
from store.web.etags import Etags
from store.web.strict import known_parameters

if TYPE_CHECKING:
    from serving_layer.mqtt.publishing import Publishing

LAST_SECONDS = 5.0
ROUTERS = (
    installations.router,
    energy.router,
    live.router,
    forecasts.router,
    prices.router,
    bills.router,
    settlement.router,
    stated_months.router,
    proposals.router,
    runs.router,
    provenance.router,
    provenance.comparisons,
    alarms.router,
    access.router,
    health_api.router,
    login.router,
    oidc.router,
    *routes.ROUTERS,
)


V1 = "/v1"
STRICT = [Depends(known_parameters)]


@cache
def _paths() -> list[BaseRoute]:
    """Every path of every application: FastAPI reads their functions once, at the first request."""
    every = APIRouter()
    for router in ROUTERS:
        every.include_router(router, dependencies=STRICT if router.prefix == V1 else [])
    return every.routes


def create_app(settings: Settings) -> FastAPI:
    """The application; it starts whether or not its dependencies are there."""
    # The interactive documentation of FastAPI loads scripts from outside the machine.
    app = FastAPI(title="Solera", version="1", docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.state.settings = settings
    app.state.reader = Reader(settings)
    app.state.metrics = Metrics()
    app.state.watch = health.Watch(checks(settings, app.state.reader))
    settings.home.mkdir(parents=True, exist_ok=True)
    app.state.logins = Logins(settings)
    app.state.issuer = Issuer(settings.oidc) if settings.oidc.issuer else None
    app.state.beginnings = Beginnings(token_of(settings))
    app.state.limits = Buckets(settings.api.requests_per_minute, settings.api.requests_per_minute / 6)
    app.state.attempts = Buckets(login.PER_MINUTE, login.AT_ONCE)
    problems.install(app)
    answer.install(app)
    reference.install(app)
    app.router.routes.extend(_paths())
    app.add_middleware(Counting, metrics=app.state.metrics)
    app.add_middleware(Etags, prefix=V1)
    app.add_middleware(Bounds)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    # A page of another origin must not reach this one under a name that it makes point here.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(settings))
    return app


def allowed_hosts(settings: Settings) -> list[str]:
    """Names under which this server may be asked: those of loopback, its own, and those that the settings add."""
    return ["127.0.0.1", "localhost", "[::1]", settings.api.host, *settings.api.hosts]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.watch.start()
    publishing = _publishing(app.state.settings, app.state.reader)
    if publishing is not None:
        publishing.start()
    sending = Sending(app.state.settings, app.state.reader, app.state.logins.people)
    sending.start()
    yield
    sending.stop(LAST_SECONDS)
    if publishing is not None:
        publishing.stop(LAST_SECONDS)
    app.state.watch.stop()
    app.state.reader.close()


def _publishing(settings: Settings, reader: Reader) -> Publishing | None:
    """The publishing by MQTT; None where no broker or no installation is named."""
    if not (settings.mqtt.broker and settings.mqtt.publish):
        return None
    # Most have no broker, and its client costs memory.
    from serving_layer.mqtt.publishing import Publishing, messages_of

    return Publishing(settings.mqtt, partial(messages_of, reader, settings.mqtt.publish))


def main() -> None:
    """Serve at ``settings.api`` until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("cassandra").setLevel(logging.ERROR)
    settings = load_settings()
    uvicorn.run(create_app(settings), host=settings.api.host, port=settings.api.port, **server_options())


if __name__ == "__main__":
    main()
