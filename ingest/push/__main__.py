"""``python -m ingest.push``: takes what sites push, keeps it on disk, answers, and sends it to Kafka.

Its outbox is of the gateway's kind, ``<home>/push/outbox.sqlite``; its report is ``<home>/run/push.json``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import uvicorn
from fastapi import FastAPI

from conf import Settings, load_settings
from ingest.gateway.outbox import Outbox
from ingest.gateway.sender import Sender, to_kafka
from ingest.push.http import create_app
from ingest.push.intake import Intake
from ingest.push.rules import Routing, rules_of
from ingest.push.tokens import Tokens
from store.reports import write_report
from store.web.connections import server_options

if TYPE_CHECKING:
    from ingest.push.mqtt import Mqtt

log = logging.getLogger("push")
STATUS_SECONDS = 2.0
LAST_SEND_SECONDS = 5.0


def main() -> int:
    """Serve at ``settings.push`` until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = load_settings()
    push, options = settings.push, server_options()
    options |= {"ssl_certfile": push.certificate or None, "ssl_keyfile": push.key or None}
    uvicorn.run(application(settings), host=push.host, port=push.port, **options)
    return 0


def application(settings: Settings) -> FastAPI:
    """The server's application, with its outbox and the thread that empties it."""
    outbox = Outbox(settings.home / "push" / "outbox.sqlite", settings.push.outbox_megabytes)
    sender = Sender(outbox, to_kafka(settings))
    rules = rules_of(settings)
    routing = Routing(rules, source="emoncms")
    intake = Intake(outbox, settings.push.readings_per_second, sender.wake)

    mqtt: Mqtt | None = None
    if settings.mqtt.broker:  # most have no broker, and its client costs memory
        from ingest.push.mqtt import Mqtt

        mqtt = Mqtt(settings, rules, intake)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        log.info("started; %d messages wait in the outbox", outbox.count)
        sender.start()
        sender.wake()
        if mqtt is not None:
            mqtt.start()
        reporting = asyncio.create_task(_report(settings, Parts(intake, routing, mqtt), outbox, sender))
        yield
        reporting.cancel()
        with suppress(asyncio.CancelledError):
            await reporting
        if mqtt is not None:
            await asyncio.to_thread(mqtt.stop, LAST_SEND_SECONDS)
        await asyncio.to_thread(sender.stop, LAST_SEND_SECONDS)
        log.info("stopped; %d messages wait in the outbox", outbox.count)

    app = create_app(intake, Tokens(settings), routing)
    app.router.lifespan_context = lifespan
    return app


class Parts(NamedTuple):
    """The parts that take readings in."""

    intake: Intake
    routing: Routing
    mqtt: Mqtt | None


async def _report(settings: Settings, parts: Parts, outbox: Outbox, sender: Sender) -> None:
    while True:
        report = {
            "pid": os.getpid(),
            "accepted": parts.intake.accepted,
            "sent": sender.sent,
            "kept": outbox.count,
            "kept_bytes": outbox.bytes,
            "kafka_error": sender.error,
            "outbox_error": parts.intake.error,
            "inputs_without_a_rule": parts.routing.unmatched,
            **({} if parts.mqtt is None else _of_mqtt(parts.mqtt)),
        }
        try:
            write_report(settings.home / "run" / "push.json", report)
        except OSError as error:  # a full disk must not end the taking; the old report's age tells
            log.warning("the report can't be written: %s", error.strerror)
        if not sender.is_alive() or (parts.mqtt is not None and not parts.mqtt.is_alive()):
            log.error("a part has ended; its last words stand above")
            signal.raise_signal(signal.SIGTERM)
            return
        await asyncio.sleep(STATUS_SECONDS)


def _of_mqtt(mqtt: Mqtt) -> dict[str, Any]:
    return {"mqtt_error": mqtt.error, "mqtt_dropped": mqtt.gathering.dropped}


if __name__ == "__main__":
    sys.exit(main())
