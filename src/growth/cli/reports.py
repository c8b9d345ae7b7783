"""What the manager of campaigns sees, on the command line and as a page."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated

import typer
from dishka import AsyncContainer
from rich import box
from rich.table import Table
from rich.text import Text

from growth.api.campaign_reports import CampaignReportOut
from growth.cli.options import AsJson, instant, print_json
from growth.cli.report_page import report_page
from growth.cli.report_words import (
    ago,
    day,
    gate_word,
    lasting,
    lasts_from,
    lift_words,
    number,
    percent,
    zone_of,
    zone_word,
)
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.reports import CampaignsReport, Shares, WaitingLead, Worked
from growth.domain.campaigns.use_cases import ReportCampaigns
from growth.domain.kernel.errors import Invalid
from growth.local import with_container
from growth.printing import out, runs_table

reports = typer.Typer()  # commands of the first level
_WORKED = ("injected", "called", "appointments")


@reports.command("report")
def report_campaigns(
    since: Annotated[str | None, typer.Option("--from", help="An ISO time with zone.", metavar="ISO")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Default: now.", metavar="ISO")] = None,
    html: Annotated[Path | None, typer.Option(help="Write it as a page that opens offline.", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> None:
    """Report on the last seven days, or up to 62: slots, who waits, agents, forecasts, and what is to come."""
    begin, end = instant(since), instant(until)

    async def work(container: AsyncContainer) -> None:
        report = await (await container.get(ReportCampaigns))(begin, end)
        zone = zone_of(await container.get(Configuration))
        if html:
            _write(html, report_page(report, zone))
        if as_json:
            print_json(CampaignReportOut.of(report))
        elif html:
            out.print(f"The report is in {html}: open it in a browser.", markup=False, soft_wrap=True)
        else:
            _print(report, zone)

    with_container(work)


def _write(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as refused:
        raise Invalid(
            f"{file} cannot be written ({refused.strerror}): name a file in a folder that is yours."
        ) from None


def _print(report: CampaignsReport, zone: tzinfo) -> None:
    out.print(f"Campaigns, {lasts_from(report.period, zone)}", soft_wrap=True)
    out.print(runs_table(report.slots, zone) if report.slots else "No campaign has a run in this period.")
    for line in _lines(report):
        out.print(line, markup=False, soft_wrap=True)
    for table in _tables(report, zone):
        if table.row_count:
            out.print(table)


def _lines(report: CampaignsReport) -> list[str]:
    lines = [
        f"Speed to lead, {it.campaign or 'all campaigns'}: half of {it.leads:,} within {lasting(it.p50_seconds)}, "
        f"nine of ten within {lasting(it.p90_seconds)}"
        for it in report.speed
    ]
    for what, lead in (("without a call", report.oldest_uncalled), ("in line", report.oldest_in_line)):
        lines.append(f"Oldest lead {what}: {_waits(lead, report.made_at) if lead else 'none'}")
    lines += [f"Scoring, {it.campaign}: {lift_words(it)}" for it in report.hold_out]
    ticks = ", ".join(f"{it.job} {it.ticks:,}" for it in report.missed_ticks) or "0"
    return [*lines, f"Overdue calls: {report.overdue:,}. Slots missed: {report.missed_slots:,}. Ticks missed: {ticks}."]


def _waits(lead: WaitingLead, now: datetime) -> str:
    why = f", last stopped by {lead.last_gate}" if lead.last_gate else ", stopped by no gate"
    return f"{lead.lead_id}, {ago(lead.arrived_at, now)}{why}{'' if lead.planned_for else ', no call is planned'}"


def _tables(report: CampaignsReport, zone: tzinfo) -> list[Table]:
    agents = _table("Agents", "agent", "", numbers=_WORKED)
    for agent in report.agents:
        agents.add_row(agent.agent_id, Text(agent.name or ""), *_parts(agent.worked, agent.shares))
    zones = _table("Zones", "group", "zone", numbers=_WORKED)
    for place in report.zones:
        zones.add_row(Text(place.group or "none"), zone_word(place.zone), *_parts(place.worked, place.shares))
    past = _table("Forecast and outcome", "slot", "campaign", numbers=("capacity", "forecast", "injected", "called"))
    for it in report.outcomes:
        told = (number(it.capacity), number(it.forecast), number(it.injected), number(it.called))
        past.add_row(day(it.slot_start, zone), it.campaign, *told)
    coming = _table("Coming slots", "slot", "campaign", numbers=("planned", "capacity", "forecast", "maximum"))
    for slot in report.coming:
        told = (number(slot.planned), number(slot.capacity), number(slot.forecast), number(slot.maximum))
        coming.add_row(day(slot.slot_start, zone), slot.campaign, *told)
    starving = _table("Passed over", "lead", "arrived", "last stopped by", numbers=("stopped", "not reached in time"))
    for lead in report.starving:
        why = gate_word(lead.last_gate) if lead.last_gate else ""
        waits = ago(lead.arrived_at, report.made_at)
        starving.add_row(str(lead.lead_id), waits, why, f"{lead.stopped:,}", f"{lead.recycled:,}")
    return [agents, zones, past, coming, starving]


def _table(title: str, *names: str, numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _parts(worked: Worked, shares: Shares) -> list[str]:
    return [f"{getattr(worked, name):,} ({percent(getattr(shares, name))})" for name in _WORKED]
