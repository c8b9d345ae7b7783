"""The report on campaigns as a page for people who sell: no names of columns, no ids where a word will do."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

from growth.cli.report_words import (
    ago,
    day,
    gate_word,
    lasting,
    lasts_from,
    lift_words,
    number,
    percent,
    zone_word,
)
from growth.domain.campaigns.entities.reports import AgentWork, CampaignsReport, Funnel, WaitingLead, ZoneWork
from growth.domain.campaigns.entities.runs import RunReport
from growth.pages import Block, Column, Figure, Figures, Section, Table, Words, bars, page

_FUNNEL = (
    ("candidates", "Due to be called"),
    ("injected", "Given to the dialer"),
    ("called", "Called"),
    ("reached", "Reached"),
    ("appointments", "Appointments"),
)
_COLUMNS = (
    ("candidates", "Due"),
    ("injected", "Given"),
    ("called", "Called"),
    ("reached", "Reached"),
    ("appointments", "Appointments"),
    ("recycled", "Planned again"),
    ("dropped", "Given up"),
)
_MOST_BARS = 30  # slots in one chart
_NONE = "-"


def report_page(report: CampaignsReport, zone: tzinfo) -> str:
    """Return the page; times are those of `zone`."""
    sections = (
        _summary(report),
        _waiting(report, zone),
        _slots(report, zone),
        _gates(report),
        _people(report),
        _forecasts(report, zone),
        _coming(report, zone),
        _scoring(report),
        _machinery(report),
    )
    subtitle = f"{lasts_from(report.period, zone)} · made on {day(report.made_at, zone)}"
    return page("Call campaigns", sections, subtitle)


def _sum(report: CampaignsReport, name: str) -> int:
    return sum(getattr(run, name) for run in report.slots)


def _columns(*titles: str, numbers: Sequence[str]) -> list[Column]:
    return [*map(Column, titles), *(Column(title, number=True) for title in numbers)]


def _summary(report: CampaignsReport) -> Section:
    steps = {title: _sum(report, name) for name, title in _FUNNEL}
    overall = next((it for it in report.speed if it.campaign is None), None)
    speed = lasting(overall.p50_seconds) if overall else _NONE
    slow = f"nine of ten within {lasting(overall.p90_seconds)}" if overall else "no first call in this period"
    figures = Figures(
        (
            Figure("Called", number(steps["Called"]), f"of {steps['Due to be called']:,} due"),
            Figure("Reached", number(steps["Reached"]), _of(steps["Reached"], steps["Called"], "calls")),
            Figure("Appointments", number(steps["Appointments"]), _of(steps["Appointments"], steps["Called"], "calls")),
            Figure("First call after", speed, slow),
        )
    )
    chart = bars("From lead to appointment", list(steps), {"Leads": list(steps.values())}, across=True)
    return Section("At a glance", (figures, chart, _campaigns(report)))


def _of(part: int, whole: int, what: str) -> str:
    return f"{percent(part / whole)} of {what}" if whole else ""


def _campaigns(report: CampaignsReport) -> Table:
    columns = _columns(
        "Campaign", numbers=("Slots", *(title for _, title in _COLUMNS), "Half called within", "9 of 10 within")
    )
    speeds = {it.campaign: it for it in report.speed}

    def row(it: Funnel) -> list[str]:
        speed = speeds.get(it.campaign)
        waits = (lasting(speed.p50_seconds), lasting(speed.p90_seconds)) if speed else (_NONE, _NONE)
        return [it.campaign, number(it.slots), *(number(getattr(it, name)) for name, _ in _COLUMNS), *waits]

    return Table(columns, [row(it) for it in report.campaigns], "No campaign had a slot in this period.")


def _waiting(report: CampaignsReport, zone: tzinfo) -> Section:
    rows = [
        [
            str(it.lead_id),
            ago(it.arrived_at, report.made_at),
            number(it.stopped),
            number(it.recycled),
            gate_word(it.last_gate) if it.last_gate else _NONE,
            day(it.planned_for, zone) if it.planned_for else _NONE,
        ]
        for it in report.starving
    ]
    columns = [
        *(Column("Lead"), Column("Arrived")),
        *(Column("Stopped", number=True), Column("Not called in time", number=True)),
        *(Column("Last reason"), Column("Planned for")),
    ]
    longest = (
        f"The longest wait among those in line: {_waits(report.oldest_in_line, report.made_at)}",
        f"The oldest lead that was never called: {_waits(report.oldest_uncalled, report.made_at)}",
    )
    overdue = f"Calls whose slot has begun without them: {report.overdue:,}. They are first in line at the next start."
    blocks: list[Block] = [
        *map(Words, longest),
        Words(overdue),
        Table(columns, rows, "Nobody was passed over twice."),
    ]
    return Section(
        "Who is waiting", blocks, "Below: people in line who were passed over in two slots or more and never tried."
    )


def _waits(lead: WaitingLead | None, now: datetime) -> str:
    if lead is None:
        return "nobody."
    why = (
        f"last passed over because of this: {gate_word(lead.last_gate)}" if lead.last_gate else "no slot has refused it"
    )
    planned = "a call is planned" if lead.planned_for else "no call is planned, as nothing allows one"
    return f"lead {lead.lead_id}, arrived {ago(lead.arrived_at, now)}; {why}; {planned}."


def _slots(report: CampaignsReport, zone: tzinfo) -> Section:
    columns = [*_columns("Slot", "Campaign", "", numbers=[title for _, title in _COLUMNS])]

    def row(run: RunReport) -> list[str]:
        numbers = [number(getattr(run, name)) for name, _ in _COLUMNS]
        return [day(run.slot_start, zone), run.campaign, run.state, *numbers]

    rows = [row(run) for run in report.slots]
    if rows:
        rows.append(["All", "", "", *(number(_sum(report, name)) for name, _ in _COLUMNS)])
    table = Table(columns, rows, "No campaign had a slot in this period.", last_is_sum=bool(rows))
    return Section(
        "Slot by slot",
        (table,),
        "Due: given to the dialer, or stopped. Once a slot is closed, given: called, planned again or given up.",
    )


def _gates(report: CampaignsReport) -> Section:
    stopped = sum((Counter(run.gates) for run in report.slots), Counter[str]()).most_common()
    if not stopped:
        return Section("Why leads were not called", (Words("Nobody was stopped in this period."),))
    labels = [gate_word(gate) for gate, _ in stopped]
    chart = bars("Leads stopped, by reason", labels, {"Leads": [times for _, times in stopped]}, across=True)
    return Section(
        "Why leads were not called", (chart,), "A lead counts once in each slot, under the first reason that applies."
    )


def _people(report: CampaignsReport) -> Section:
    parts = ("Given", "Called", "Appointments")
    agents = Table(
        _columns("Agent", numbers=parts),
        [[it.name or it.agent_id, *_parts(it)] for it in report.agents],
        "No lead was given to an agent.",
    )
    zones = Table(
        _columns("Group", "Zone", numbers=parts),
        [[it.group or "no group", zone_word(it.zone) if it.group else _NONE, *_parts(it)] for it in report.zones],
        "No lead was given to the dialer.",
    )
    return Section("Agents and zones", (agents, zones), "In brackets: the share of the whole.")


def _parts(it: AgentWork | ZoneWork) -> list[str]:
    names = ("injected", "called", "appointments")
    return [f"{getattr(it.worked, name):,} ({percent(getattr(it.shares, name))})" for name in names]


def _forecasts(report: CampaignsReport, zone: tzinfo) -> Section:
    columns = _columns("Slot", "Campaign", numbers=("Room", "Forecast", "Given", "Called"))
    rows = [
        [
            *(day(it.slot_start, zone), it.campaign),
            *(number(it.capacity), number(it.forecast), number(it.injected), number(it.called)),
        ]
        for it in report.outcomes
    ]
    shown = report.outcomes[-_MOST_BARS:]
    series = {"Forecast": [it.forecast for it in shown], "Called": [it.called for it in shown]}
    labels = [day(it.slot_start, zone) for it in shown]
    blocks: list[Block] = [bars("Leads that could be worked off, and were", labels, series)] if shown else []
    note = "How many leads the agents present can work off, from how often people answered in the four weeks before."
    return Section("Forecast and outcome", [*blocks, Table(columns, rows, "No slot with agents in this period.")], note)


def _coming(report: CampaignsReport, zone: tzinfo) -> Section:
    columns = _columns("Slot", "Campaign", numbers=("Planned", "Room of agents", "Forecast", "At most"))
    rows = [
        [
            *(day(it.slot_start, zone), it.campaign),
            *(number(it.planned), number(it.capacity), number(it.forecast), number(it.maximum)),
        ]
        for it in report.coming
    ]
    shown = [it for it in report.coming if it.forecast is not None][:_MOST_BARS]
    series: dict[str, list[float | None]] = {
        "Forecast": [it.forecast for it in shown],
        "Planned": [it.planned for it in shown],
    }
    labels = [day(it.slot_start, zone) for it in shown]
    blocks: list[Block] = [bars("Leads that can be worked off, and are planned", labels, series)] if shown else []
    note = "Where more is planned than can be worked off, the rest waits for a later slot."
    return Section("The next seven days", [*blocks, Table(columns, rows, "No slot comes.")], note)


def _scoring(report: CampaignsReport) -> Section:
    words = [Words(f"{it.campaign}: {lift_words(it)}.") for it in report.hold_out]
    note = "Some leads are called in order of arrival instead of by score. The comparison shows what scoring is worth."
    return Section("What scoring brings", words or (Words("No campaign holds leads out."),), note)


def _machinery(report: CampaignsReport) -> Section:
    figures = Figures((Figure("Slots missed", number(report.missed_slots), "nobody started the campaign"),))
    rows = [[it.job, number(it.ticks)] for it in report.missed_ticks]
    return Section(
        "Was everything started?",
        (figures, Table(_columns("Job", numbers=("Times missed",)), rows, "No job was missed.")),
    )
