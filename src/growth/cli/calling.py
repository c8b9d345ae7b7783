"""Who may be called, who was and why; do-not-call lists from files."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import Progress

from growth.adapters.number_files import NumbersFile, numbers_in
from growth.api.do_not_call import ListName
from growth.api.lead_schemas import PermissionOut, WhyOut
from growth.cli.options import AsJson, DryRun, checked, instant, print_json, shown
from growth.cli.report_words import day_of_year, zone_of
from growth.domain.campaigns.business_rules.law.judging import can_call
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.do_not_call import CallList, ListReport
from growth.domain.campaigns.entities.leads import LeadId, UnknownLead
from growth.domain.campaigns.ports.views import LeadViews
from growth.domain.campaigns.use_cases import ExplainLead, ImportDoNotCall
from growth.domain.kernel.country import Country
from growth.domain.kernel.operating import MovableClock
from growth.local import with_container
from growth.printing import out

calling = typer.Typer()  # commands of the first level
_BY = "cli"
_FEW = 20


@calling.command("can-call")
def ask_permission(
    lead: UUID,
    at: Annotated[str | None, typer.Option(help="An ISO time with zone. Default: now.", metavar="ISO")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether the law allows to call a lead's person at a time; this is not legal advice."""
    asked = instant(at)

    async def work(container: AsyncContainer) -> None:
        now = await (await container.get(MovableClock)).now()
        who = await (await container.get(LeadViews)).contactable(LeadId(lead), now)
        if who is None:
            raise UnknownLead
        law = (await container.get(Configuration)).law
        permission = PermissionOut.model_validate(can_call(who, asked or now, law))
        if as_json:
            print_json(permission)
        else:
            out.print(_sentence(permission, asked or now), soft_wrap=True)

    with_container(work)


def _sentence(permission: PermissionOut, at: datetime) -> str:
    when = shown(at.astimezone(UTC))
    if permission.allowed:
        return f"The person may be called at {when}."
    again = shown(permission.next_allowed_at)
    then = f"It is allowed from {again} on." if again else "As things are, no later time is allowed either."
    return f"The person may not be called at {when}: {permission.rule} ({permission.legal_source}). {then}"


@calling.command("why")
def explain(lead: UUID, as_json: AsJson = False) -> None:
    """Tell why a lead was called or not: one sentence for each slot in which it was a candidate."""

    async def work(container: AsyncContainer) -> None:
        told = WhyOut.model_validate(await (await container.get(ExplainLead))(LeadId(lead)))
        if as_json:
            print_json(told)
            return
        zone = zone_of(await container.get(Configuration))
        out.print(told.now, soft_wrap=True)
        for it in told.decisions:
            slot = day_of_year(it.slot_start, zone)
            out.print(f"{slot} ({zone})  {it.campaign}: {it.sentence}", soft_wrap=True, markup=False)

    with_container(work)


@calling.command("import-do-not-call")
def import_do_not_call(
    *,
    file: Path,
    name: Annotated[str, typer.Option("--list", help="The list's name.")],
    country: Annotated[Country, typer.Option(help="Where the numbers are dialled.")],
    column: Annotated[str | None, typer.Option(help="Of a CSV file. Default: each line is a number.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="The file is the whole list: the rest comes off.")] = False,
    yes_shrink: Annotated[bool, typer.Option("--yes-shrink", help="Even if over half of the list comes off.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put the numbers of a file on a do-not-call list, in any spelling; only keyed hashes of them are kept."""
    which = CallList(checked(lambda: TypeAdapter(ListName).validate_python(name), "--list"), country, _BY)

    async def work(container: AsyncContainer) -> None:
        imports = await container.get(ImportDoNotCall)
        with numbers_in(file, column) as numbers, _progress() as progress:
            told = _telling(progress, numbers)
            report = await imports(
                which, numbers.lines, replaces=replace, shrinks=yes_shrink, dry_run=dry_run, progress=told
            )
        if as_json:
            print_json(asdict(report) | {"dry_run": dry_run})
        else:
            _print(report, dry_run=dry_run)

    with_container(work)


def _progress() -> Progress:
    screen = Console(stderr=True)
    return Progress(console=screen, transient=True, disable=not screen.is_terminal)


def _telling(progress: Progress, numbers: NumbersFile) -> Callable[[ListReport], None]:
    task = progress.add_task("importing", total=numbers.size)

    def told(report: ListReport) -> None:
        progress.update(task, completed=numbers.done, description=f"{report.read:,} lines")

    return told


def _print(report: ListReport, *, dry_run: bool) -> None:
    for line in report.bad_lines[:_FEW]:
        out.print(f"line {line}: this is no number there")
    if report.bad > _FEW:
        out.print(f"… and {report.bad - min(_FEW, len(report.bad_lines)):,} more")
    would = "would be " if dry_run else ""
    numbers = f"{report.listed:,} {would}listed, {report.known:,} known, {report.removed:,} {would}removed"
    out.print(f"{report.read:,} lines read, {numbers}, {report.bad:,} bad.", soft_wrap=True)
