"""Scoring all stored leads anew."""

from dataclasses import asdict

import typer
from dishka import AsyncContainer
from rich.console import Console
from rich.progress import Progress

from growth.cli.options import AsJson, DryRun, print_json
from growth.domain.campaigns.entities.rescoring import Rescored
from growth.domain.campaigns.use_cases import RescoreLeads
from growth.local import with_container
from growth.printing import out

rescoring = typer.Typer()  # a command of the first level


@rescoring.command("rescore")
def rescore(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Score all stored leads anew: after a change of the rules or the live model, or to see that days went by.

    It may be interrupted and repeated, and runs beside everything else.
    """

    async def work(container: AsyncContainer) -> None:
        screen = Console(stderr=True)
        with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
            task = progress.add_task("scoring", total=None)
            done = await (await container.get(RescoreLeads))(
                dry_run=dry_run,
                progress=lambda read, total: progress.update(task, completed=read, total=total),
            )
        if as_json:
            print_json(asdict(done) | {"dry_run": dry_run})
        else:
            out.print(_sentence(done, dry_run=dry_run), soft_wrap=True)

    with_container(work)


def _sentence(done: Rescored, *, dry_run: bool) -> str:
    said = f"{done.read:,} leads: {done.changed:,} {'would have' if dry_run else 'have'} another score"
    left = f", {done.left:,} were being changed and are scored by who changes them" if done.left else ""
    return f"{said}{left}."
