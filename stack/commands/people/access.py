"""``solera access``: who may see what."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from typing import Annotated

import typer

from conf import load_settings
from serving_layer.access import access_log, grants
from serving_layer.access.person import Role
from serving_layer.instants import Span
from serving_layer.views import catalogue
from stack.terminal import Form, Format, answering, show

COLUMNS = ("name", "role", "since", "password", "identity", "installations", "communities", "all")

access = typer.Typer(no_args_is_help=True, help="Say who may see what by REST and on the page.")


@access.command()
def add(
    name: Annotated[str, typer.Argument(help="Who it is: small letters, digits, '.', '_', '-'.")],
    role: Annotated[Role, typer.Option(help="What they are here.")],
    installation: Annotated[list[str] | None, typer.Option(help="An id, as registered; may be repeated.")] = None,
    community: Annotated[list[str] | None, typer.Option(help="A community and its members; may be repeated.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every installation, those of later, too.")] = False,
) -> None:
    """Give NAME access, and print once the token that opens it.

    Only its hash is kept. It counts at once, and no longer once it is revoked.

    Example: solera access add ana --role member --installation fontana-01
    """
    asked = grants.person(name, role, installation or [], community or [], is_all)
    typer.echo(grants.add(grants.access_file(load_settings()), asked))
    typer.echo(f"The token of {name}; keep it, it is shown no more.", err=True)


@access.command(name="list")
def list_(form: Format = Form.table) -> None:
    """List who has access, as which role, since when (UTC) and to what.

    Example: solera access list --format json
    """
    people = grants.read(grants.access_file(load_settings()))
    rows = [
        {
            "name": each.name,
            "role": each.role,
            "since": each.since,
            "password": bool(each.password_hash),
            "identity": bool(each.identity),
            "installations": " ".join(sorted(each.installations)),
            "communities": " ".join(sorted(each.communities)),
            "all": each.sees_all,
        }
        for each in people
    ]
    show(form, COLUMNS, rows, "Access", "and the owner, whose token is <home>/token")


@access.command()
def log(
    installation: Annotated[str, typer.Argument(help="Id, as registered.")],
    days: Annotated[int, typer.Option(min=1, max=800, help="So many days up to now.")] = 30,
    form: Format = Form.table,
) -> None:
    """List who read the data of INSTALLATION by REST, the page and SQL, the newest first. Times are UTC.

    The same question is noted once an hour while it is asked again; of_all: it was about all installations together.

    Example: solera access log fontana-01 --days 7
    """
    with answering(load_settings()) as reader:
        now = datetime.now(timezone.utc)
        catalogue.installation(reader, installation)
        rows = access_log.read(reader, installation, Span(now - timedelta(days=days), now))
    show(form, access_log.COLUMNS, rows, f"Who read {installation}", f"{len(rows):,} answers")


@access.command()
def password(name: Annotated[str, typer.Argument(help="Who has access.")]) -> None:
    """Let NAME log in to the page by a password beside their token; it is asked for, or read from standard input.

    Another one replaces it, and ends the sessions that NAME has. Only its Argon2 hash is kept.

    Example: solera access password ana
    """
    is_typed = sys.stdin.isatty()
    given = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if is_typed else sys.stdin.readline()
    grants.set_password(grants.access_file(load_settings()), name, given.rstrip("\r\n"))
    typer.echo(f"{name} logs in by name and password.")


@access.command()
def identity(
    name: Annotated[str, typer.Argument(help="Who has access.")],
    subject: Annotated[str, typer.Argument(help="As the issuer calls them: the page says it to whoever is not known.")],
) -> None:
    """Let NAME log in to the page by the issuer of [oidc], which calls them SUBJECT, beside their token.

    Another one replaces it, and ends the sessions that NAME has.

    Example: solera access identity ana 6f1a1c9e-2b7d-4c7a-9a51-5a0c5b8c2d11
    """
    settings = load_settings()
    grants.set_identity(grants.access_file(settings), name, settings.oidc.issuer, subject)
    typer.echo(f"{name} logs in as {subject} of {settings.oidc.issuer}.")


@access.command()
def revoke(name: Annotated[str, typer.Argument(help="Who has it.")]) -> None:
    """Take the access of NAME back: their token, password and sessions count no more, at once.

    Example: solera access revoke ana
    """
    grants.revoke(grants.access_file(load_settings()), name)
    typer.echo(f"{name} has no access any more.")
