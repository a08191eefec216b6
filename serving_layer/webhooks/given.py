"""Giving somebody a webhook and taking it back; it stands beside their token in ``<home>/secrets/access.json``."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from conf import Settings
from serving_layer.access import grants
from serving_layer.access.grants import BadGrant
from serving_layer.access.person import Person, Webhook
from serving_layer.webhooks import signature
from serving_layer.webhooks.address import address_of, ip_address_of

MOST = 50
"""Webhooks of all people; each has its own thread while something is sent."""


def add(settings: Settings, name: str, url: str) -> Webhook:
    """Post the alarms of whatever ``name`` may see to ``url`` from now on.

    Raises :class:`serving_layer.webhooks.address.BadAddress` and :class:`serving_layer.access.grants.BadGrant`.
    """
    address = address_of(url, settings.api.webhook_hosts)
    with suppress(OSError):  # a name that leads nowhere now may lead somewhere later
        ip_address_of(address)
    path = grants.access_file(settings)
    if sum(len(each.webhooks) for each in grants.read(path)) >= MOST:
        raise BadGrant(f"There are {MOST} webhooks, and no more are kept; `solera webhook revoke` ends one.")
    now = datetime.now(timezone.utc).replace(microsecond=0)
    webhook = Webhook(secrets.token_hex(4), url, now, signature.new_secret())
    grants.change(path, name, lambda person: replace(person, webhooks=(*person.webhooks, webhook)))
    return webhook


def revoke(path: Path, webhook_id: str) -> None:
    """Send nothing more by a webhook. Raises :class:`serving_layer.access.grants.BadGrant` where there is none."""
    owners = [each.name for each in grants.read(path) if webhook_id in {one.id for one in each.webhooks}]
    if not owners:
        raise BadGrant(f"There is no webhook {webhook_id}; `solera webhook list` says which there are.")
    grants.change(path, owners[0], lambda person: _without(person, webhook_id))


def _without(person: Person, webhook_id: str) -> Person:
    return replace(person, webhooks=tuple(each for each in person.webhooks if each.id != webhook_id))
