"""Erasures on the command line."""

from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer
from rich.table import Table

from growth.api.privacy import ErasureOut
from growth.cli.options import AsJson, print_json
from growth.domain.kernel.person import parse_email
from growth.domain.privacy.entities import ErasureId, ErasureReport, UnknownErasure
from growth.domain.privacy.ports import ErasureViews
from growth.domain.privacy.use_cases import ErasePerson
from growth.local import with_container
from growth.printing import out

privacy = typer.Typer()  # commands of the first level
erasures = typer.Typer(no_args_is_help=True, help="Erasures, and what became of them at the vendors.")
_BY = "cli"


@privacy.command("erase")
def erase_person(
    email: str,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Default: only report what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase whoever has the address, for good; without --yes nothing is changed."""
    address = parse_email(email)

    async def work(container: AsyncContainer) -> None:
        report = await (await container.get(ErasePerson))(address, _BY, dry_run=not yes)
        _print(report, as_json=as_json)
        if not as_json and not yes:
            out.print("Nothing was changed: add --yes to erase.")

    with_container(work)


@erasures.command("show")
def show_erasure(id: UUID, as_json: AsJson = False) -> None:
    """Print what went, and which vendors have confirmed."""

    async def work(container: AsyncContainer) -> None:
        report = await (await container.get(ErasureViews)).get(ErasureId(id))
        if report is None:
            raise UnknownErasure
        _print(report, as_json=as_json)

    with_container(work)


def _print(report: ErasureReport, *, as_json: bool) -> None:
    if as_json:
        print_json(ErasureOut.of(report))
        return
    out.print(f"erasure {report.erasure.id}: {report.erasure.state}", soft_wrap=True)  # the id in one piece
    table = Table("kind", "number")
    for kind, number in report.erasure.counts.items():
        table.add_row(kind, str(number))
    out.print(table)
    for vendor, state in report.vendors.items():
        out.print(f"{vendor}: {state}", markup=False)
