"""``solera admit``: lets a site push readings."""

from __future__ import annotations

from typing import Annotated

import typer

from conf import load_settings
from ingest.push import tokens


def admit(
    installations: Annotated[list[str], typer.Argument(help="Ids, as registered, for which the site speaks.")],
    is_revoked: Annotated[bool, typer.Option("--revoke", help="Let no token speak for them any more.")] = False,
) -> None:
    """Make the token with which a site's programs and its gateway push readings of INSTALLATIONS, and print it once.

    Only its hash is kept. A token counts at once, and no longer once it is revoked.

    Example: solera admit finca-1
    """
    path = tokens.tokens_file(load_settings())
    if is_revoked:
        typer.echo(f"{tokens.revoke(path, installations)} tokens no longer speak for {', '.join(installations)}.")
        return
    typer.echo(tokens.admit(path, installations))
    typer.echo(f"It speaks for {', '.join(installations)}; keep it, it is shown no more.", err=True)
