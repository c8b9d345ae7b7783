"""Recorded calls to speech analysis."""

from typing import Annotated

import typer
from dishka import AsyncContainer

from growth.api.speech import SentOut
from growth.cli.options import AsJson, DryRun, instant, print_json, shown
from growth.domain.campaigns.use_cases import SendCallsToSpeech
from growth.local import with_container
from growth.printing import out

speech = typer.Typer()  # commands of the first level


@speech.command("send-callity-calls")
def send_callity_calls(
    start_date: Annotated[str | None, typer.Option(help="Default: an hour before the end.", metavar="ISO")] = None,
    end_date: Annotated[str | None, typer.Option(help="Not included. Default: now.", metavar="ISO")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send the recorded calls of a time span to speech analysis, each once."""
    start, end = instant(start_date), instant(end_date)

    async def work(container: AsyncContainer) -> None:
        report = await (await container.get(SendCallsToSpeech))(start, end, dry_run=dry_run)
        if as_json:
            print_json(SentOut.of(report, dry_run=dry_run))
            return
        would = "would be " if dry_run else ""
        out.print(f"Calls from {shown(report.start)} to {shown(report.end)}:", soft_wrap=True)
        out.print(f"{report.sent} {would}sent, {report.known} sent before, {sum(report.skipped.values())} skipped.")
        for reason, number in sorted(report.skipped.items()):
            out.print(f"  {reason}: {number}", markup=False)

    with_container(work)
