"""``solera community``: coefficient files, members' shares, and proposals of coefficients."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from conf import load_settings
from energy.money.community.coefficient_file import write
from energy.money.community.coefficient_lines import CoefficientFileError
from ingest.catalogue.agreement import keep
from serving_layer.views import catalogue
from serving_layer.views.money import compared
from serving_layer.views.money import proposals as proposed
from serving_layer.views.money.agreements import AgreementFileError, read_coefficients
from serving_layer.views.money.community import SHARE_COLUMNS, agreement_of, left_open, share_rows
from stack import written_times
from stack.terminal import Form, Format, answering, show
from store import cassandra, schema

community = typer.Typer(no_args_is_help=True, help="Coefficients, shares and proposals of an energy community.")
First = Annotated[str, typer.Option("--from", help="First local day: 2026-10-01, 01/10/2026, yesterday.")]
Until = Annotated[str, typer.Option("--to", help="The local day after the last.")]


@community.command()
def check(
    file: Annotated[Path, typer.Argument(help="A coefficient file, {CAU}_{year}.txt.")],
    year: Annotated[int | None, typer.Option(min=2019, max=2099, help="Its year, where its name does not say.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write it here as it should be written.")] = None,
    form: Format = Form.table,
) -> None:
    """Read a coefficient file leniently, say what is not written as it should be, and refuse what does not add up.

    Example: solera community check ES0021000000000001RK0FA001_2026.txt
    """
    found, of_year = read_coefficients(file, year)
    if out is not None:
        try:
            out.write_bytes(write(found, of_year))
        except CoefficientFileError as error:
            raise AgreementFileError(f"{out} is not written: {error}.") from None
    rows = [
        {"cups": member, "hours": len(found.hourly.get(member, ())) or None,
         "mean": sum(found.hourly[member]) / len(found.hourly[member]) / 1e6 if found.hourly else
         found.constant[member] / 1e6}
        for member in found.members
    ]  # fmt: skip
    for warning in found.warnings:
        typer.echo(f"{file.name}: {warning}", err=True)
    kind = "hourly" if found.hourly else "constant"
    show(form, ("cups", "hours", "mean"), rows, f"{file.name}: {kind} coefficients of {of_year}", "they add up to 1")


@community.command()
def share(
    name: Annotated[str, typer.Option("--community", help="As registered, with kind: community.")],
    agreement: Annotated[Path, typer.Option(help="YAML: versions of the agreement by date (docs/money.md).")],
    first: First,
    until: Until,
    form: Format = Form.table,
) -> None:
    """Show what each member was assigned, used and sold (kWh), and what it owes and saved (EUR), by the agreement.

    Example: solera community share --community fontana --agreement fontana.yaml --from 2026-10-01 --to 2026-11-01
    """
    days = written_times.days(None, first, until)
    with answering(load_settings()) as reader:
        rows = share_rows(reader, name, agreement, days)
    caption = "an hour without generation or use that is known is no member's; assigned adds up to what was generated"
    show(form, SHARE_COLUMNS, rows, f"{name}: shares from {days[0]} to before {days[1]}", caption)


@community.command()
def agree(
    name: Annotated[str, typer.Option("--community", help="As registered, with kind: community.")],
    agreement: Annotated[Path, typer.Option(help="YAML: versions of the agreement by date (docs/money.md).")],
) -> None:
    """Keep the agreement of a community, in place of the one before: the nights settle its members' months by it.

    Example: solera community agree --community fontana --agreement fontana.yaml
    """
    settings = load_settings()
    with answering(settings) as reader:
        plant, agreed = agreement_of(reader, name, agreement)
        known = catalogue.installations(reader)
    belonging = {str(each["installation_id"]) for each in known if each.get("community_id") == name}
    strangers = [member for member in agreed.members if member not in belonging]
    if strangers:
        raise AgreementFileError(f"{agreement}: {strangers[0]} is no member of {name}; register it with community_id.")
    generating = {str(each["installation_id"]) for each in known if each.get("kind") == proposed.PARK} | {plant}
    now = datetime.now(timezone.utc)
    for said in left_open(agreed, belonging - generating, now.astimezone(agreed.zone).date()):
        typer.echo(said, err=True)
    with cassandra.session(settings) as session:
        schema.check(session)
        keep(session, name, plant, agreed, now)
    number = len(agreed.members)
    typer.echo(f"{name} shares what {plant} generates among {number} installations; the next night settles it.")


@community.command()
def compare(
    name: Annotated[str, typer.Option("--community", help="As registered, with kind: community.")],
    agreement: Annotated[Path, typer.Option(help="YAML: versions of the agreement by date (docs/money.md).")],
    first: First,
    until: Until,
    files: Annotated[list[Path] | None, typer.Argument(help="A5D and B5D files of the distributor, or bzip2.")] = None,
    form: Format = Form.table,
) -> None:
    """Compare the distributor's hourly shares with ours (kWh), and say which rule of counting hours fits.

    Without a file they are what Datadis has stated: self-consumption and surplus of each hour, assigned together.

    Example: solera community compare B5D_202610.bz2 --community fontana --agreement fontana.yaml --from 2026-10-01
    --to 2026-11-01
    """
    days = written_times.days(None, first, until)
    with answering(load_settings()) as reader:
        rows, said = compared.compare_rows(reader, name, agreement, files or [], days)
    show(form, compared.COLUMNS, rows, f"{name}: official shares and ours", said)


@community.command()
def propose(
    name: Annotated[str, typer.Option("--community", help="As registered, with kind: community.")],
    first: Annotated[str | None, typer.Option("--from", help="First local day; without days by the forecasts.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The local day after the last.")] = None,
    form: Format = Form.table,
) -> None:
    """Propose coefficients from the hours of past days, each with what it would have done: kWh, and EUR before taxes.

    Without --from and --to the hours are those of the newest forecasts, and it is what each would do in them.

    All that the community generates is shared among its members, parks aside. worst_off_eur is the gain of the member
    who gains least; gini is 0 where all gain the same. Contracts say what energy costs each member.

    Example: solera community propose --community fontana --from 2026-09-01 --to 2026-11-01
    """
    days = None if (first, until) == (None, None) else written_times.days(None, first, until)
    with answering(load_settings()) as reader:
        found = proposed.propose(reader, name, days)
    caption = f"of {len(found.starts):,} hours {'that are forecast' if days is None else 'in which all is known'}"
    columns = (*proposed.COLUMNS, *found.hours.members)
    show(form, columns, proposed.rows(found), f"{name}: proposals of coefficients", caption)


@community.command()
def write_file(
    name: Annotated[str, typer.Option("--community", help="As registered, with its cau and kind: community.")],
    proposal: Annotated[str, typer.Option(help='As propose names it, e.g. "best for use, fixed".')],
    first: First,
    until: Until,
    year: Annotated[int, typer.Option(min=2019, max=2099, help="The year of the file.")],
) -> None:
    """Write a proposal's coefficient file, {CAU}_{year}.txt, here: what the members sign and the distributor reads.

    Example: solera community write-file --community fontana --proposal equal --from 2026-01-01 --to 2027-01-01
    --year 2027
    """
    days = written_times.days(None, first, until)
    with answering(load_settings()) as reader:
        row = catalogue.installation(reader, name)
        found = proposed.propose(reader, name, days)
        supplies = {str(each["installation_id"]): str(each["cups"]) for each in catalogue.installations(reader)
                    if each.get("cups")}  # fmt: skip
    path = Path(f"{row.get('cau', name)}_{year}.txt")
    path.write_bytes(proposed.file_of(found, proposal, supplies, year))
    typer.echo(f"{path} holds {proposal!r} for {len(found.hours.members)} members.")
