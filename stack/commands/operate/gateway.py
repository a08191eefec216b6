"""``solera gateway``: trying a site's file, and making one of ecoHub's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import yaml

gateway = typer.Typer(help="Try the file of a gateway before it runs, or make one.", no_args_is_help=True)


@gateway.command()
def check(
    file: Annotated[Path, typer.Argument(help="YAML or JSON, as `solera register` takes it.")],
) -> None:
    """Read every device in FILE once and print what it says, in W, kWh, V, A, °C; where it fails, why and what to do.

    Nothing is kept or sent, nothing is written to a device. Ends with exit code 1 where a device can't be read.

    Example: solera gateway check site.yaml
    """
    from ingest.gateway import check as checking
    from ingest.gateway.fleet import devices_of_file

    found = asyncio.run(checking.check(devices_of_file(file)))
    for each in found:
        for line in checking.lines(each):
            typer.echo(line)
    well = sum(each.is_well for each in found)
    typer.echo(f"{well} of {len(found)} devices answer.")
    if well < len(found) or not found:
        raise typer.Exit(1)


@gateway.command("from-ecohub")
def from_ecohub(
    file: Annotated[Path, typer.Argument(help="ecoHub's config.ini.")],
    installation: Annotated[str, typer.Option(help="Id of the installation.")],
    field: Annotated[
        list[str] | None, typer.Option(help="What a register measures, SECTION=FIELD, e.g. boiler=import_power_w.")
    ] = None,
) -> None:
    """Print the YAML that `solera register` and `solera gateway check` take for ecoHub's FILE.

    Example: solera gateway from-ecohub config.ini --installation finca-1 > site.yaml
    """
    from ingest.catalogue.ecohub import convert
    from ingest.catalogue.entries import CatalogueError, parse_catalogue

    named = dict(each.partition("=")[::2] for each in field or [])
    if not all(named.values()):
        raise CatalogueError("--field: write SECTION=FIELD, as boiler=import_power_w")
    entry, left_out = convert(file, installation, named)
    parse_catalogue(entry)
    typer.echo(yaml.safe_dump(entry, sort_keys=False, allow_unicode=True), nl=False)
    for name in left_out:
        typer.echo(f"Left out: [{name}], for nobody says what it measures; name it by --field {name}=…", err=True)
