"""``solera webhook``: where alarms are posted to."""

from __future__ import annotations

from typing import Annotated

import typer

from conf import load_settings
from serving_layer.access import grants
from serving_layer.webhooks import backlog, given
from serving_layer.webhooks.backlog import Backlog
from stack.terminal import Form, Format, show

COLUMNS = ("id", "name", "url", "since", "delivered", "delivered_at", "waiting", "given_up", "error")

webhook = typer.Typer(no_args_is_help=True, help="Have alarms posted to a URL.")


@webhook.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is: somebody of `solera access`.")],
    url: Annotated[str, typer.Argument(help="https://host/path; another only where api.webhook_hosts names it.")],
) -> None:
    """Post the alarms of all that NAME may see to URL, and print once the secret that signs them.

    It counts at once, and no longer once it is revoked or NAME has no access any more.

    Example: solera webhook add ana https://example.org/alarms
    """
    made = given.add(load_settings(), name, url)
    typer.echo(made.secret)
    typer.echo(f"The secret of webhook {made.id}; give it to the receiver, it is shown no more.", err=True)


@webhook.command(name="list")
def list_(form: Format = Form.table) -> None:
    """List the webhooks, what they delivered, what waits, and the last error. Times are UTC.

    Example: solera webhook list --format json
    """
    settings = load_settings()
    rows = []
    for person in grants.read(grants.access_file(settings)):
        for each in person.webhooks:
            known = backlog.read(backlog.folder(settings) / f"{each.id}.json") or Backlog(each.since)
            counts = {"waiting": len(known.waiting), "delivered": known.delivered, "given_up": known.given_up}
            last = {"delivered_at": known.delivered_at, "error": known.error}
            rows.append({"id": each.id, "name": person.name, "url": each.url, "since": each.since} | counts | last)
    show(form, COLUMNS, rows, "Webhooks", f"{len(rows)} in all")


@webhook.command()
def revoke(webhook_id: Annotated[str, typer.Argument(help="As `solera webhook list` names it.")]) -> None:
    """Send nothing more by a webhook; what waits is given up.

    Example: solera webhook revoke 1f0c9a2e
    """
    given.revoke(grants.access_file(load_settings()), webhook_id)
    typer.echo(f"Webhook {webhook_id} is sent nothing any more.")
