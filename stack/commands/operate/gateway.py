"""``solera gateway``: trying a site's file, and making one of ecoHub's."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import yaml

HELP = "Try the file of a gateway before it runs, or make one."
gateway = typer.Typer(help=HELP, no_args_is_help=True, invoke_without_command=True)


@gateway.callback(help=HELP)
def simulate(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--simulate", help="Simulate this file's devices and poll them until Ctrl-C.")
    ] = None,
) -> None:
    """Serve the inverters and meters of FILE on loopback and say what the gateway reads of them.

    Nothing is kept or sent, and no device of the site is asked.

    Example: solera gateway --simulate site.yaml
    """
    if file is None or context.invoked_subcommand is not None:
        return
    from conf import load_settings
    from ingest.catalogue.file import read_catalogue
    from ingest.gateway.trial import trial
    from ingest.simulator.doors.sunspec import SHAPES
    from ingest.simulator.site import simulated

    entries = read_catalogue(file)
    for entry in entries:
        for each in entry.devices:
            if each.connection is not None and each.device_kind not in SHAPES:
                typer.echo(
                    f"Left out: {entry.installation_id}/{each.device_id}, for no {each.device_kind} is simulated"
                )

    async def run() -> None:
        async with simulated(entries) as devices:
            typer.echo(f"{len(devices)} device(s) simulated on loopback; Ctrl-C ends it.")
            await trial(devices, load_settings().gateway.poll_seconds, typer.echo)

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


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
