"""Runs the month: both seasons, each in a database of its own, with a worker that is killed and a dialer that fails."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from dishka import AsyncContainer
from pydantic_core import to_jsonable_python
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.embedded import embedded
from growth.adapters.db.migrate import upgrade
from growth.adapters.leads_files import read_leads_file, recorded_outcomes
from growth.adapters.sandbox.dialer_settings import DialerSettings, Outcome
from growth.container import make_container
from growth.demo.agency import LINES, ZONE, Limits, campaigns_text
from growth.demo.calendar import Season, seasons
from growth.demo.day import FOLDER, ending_tidily
from growth.demo.happenings import Happening, happenings, outcomes
from growth.demo.season_accounts import SeasonAccounts, Sent, season_accounts
from growth.demo.supervisor import Supervisor
from growth.demo.worker import Plan
from growth.domain.campaigns.entities.importing import LeadRow, LeadsFile
from growth.domain.campaigns.use_cases import ImportLeads
from growth.local import free_port, sandbox

_LIMITS = Limits(capacity=10, pvb=130, pqsc=130)
_SECONDS_PER_CALL = 600.0  # calls are spread over their slots, so that something can happen to them


@dataclass(frozen=True, slots=True)
class Month:
    """What came of it: the accounts of each season."""

    seasons: Sequence[SeasonAccounts]

    @property
    def unaccounted(self) -> list[str]:
        return [f"{one.season}: {problem}" for one in self.seasons for problem in one.unaccounted]

    def accounts(self) -> dict[str, Any]:
        """Return all but the runs, as JSON values."""
        seasons: list[dict[str, Any]] = to_jsonable_python(self.seasons)
        for day in (day for season in seasons for day in season["days"]):
            day["runs"] = len(day["runs"])
        return {"unaccounted": self.unaccounted, "seasons": seasons}


def play_month(days: int, leads: int | None, seed: int, console: Console) -> Month:
    """Play so many days with the newest so many leads of the file (None: all); nothing is left of the databases.

    Both seasons are played at once: each waits for its own database most of the time. Raises `WorkerFailed`.
    """
    file = read_leads_file(FOLDER / "dubai_Leads.csv", FOLDER / "mapping.toml")
    rows = sorted(file.rows, key=lambda row: str(row.submission and row.submission.requested_at))
    rows = rows[-leads:] if leads else rows
    spring, autumn = seasons(days)
    first = len(rows) * spring.days // days
    console.print("Making two throw-away databases …")
    with ending_tidily(), ExitStack() as stack:
        parts = [
            _script(stack, season, some, seed) for season, some in ((spring, rows[:first]), (autumn, rows[first:]))
        ]
        return Month(uvloop.run(_both(parts, seed, console)))


def _script(stack: ExitStack, season: Season, rows: Sequence[LeadRow], seed: int) -> tuple[Plan, Sent]:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="growth-demo-", ignore_cleanup_errors=True)))
    url = stack.enter_context(embedded(folder / "postgres", durable=False))
    upgrade(url)
    campaigns = folder / "campaigns.toml"
    campaigns.write_text(campaigns_text(FOLDER / "dubai_Agents.csv", _LIMITS), encoding="utf-8")
    good = [row.submission for row in rows if row.submission]
    before, coming = happenings(good, season, seed)
    recorded = {email: Outcome(wrapup) for email, wrapup in recorded_outcomes(FOLDER).items()}
    sandbox_url = f"http://127.0.0.1:{free_port()}"
    plan = Plan(season, coming, url, campaigns, sandbox_url, folder / "worker.log")
    return plan, Sent(rows, before, coming, outcomes(good, recorded, season, seed))


async def _both(parts: Sequence[tuple[Plan, Sent]], seed: int, console: Console) -> list[SeasonAccounts]:
    return await asyncio.gather(*(_play(plan, sent, seed, console) for plan, sent in parts))


async def _play(plan: Plan, sent: Sent, seed: int, console: Console) -> SeasonAccounts:
    container = make_container(plan.settings())
    try:
        clock = await container.get(DatabaseClock)
        await _import(container, sent.before)
        await clock.move_to(plan.season.opens)
        port = int(plan.sandbox_url.rpartition(":")[2])
        async with sandbox(_dialer(sent, seed), clock.now, port):
            seen = await Supervisor(clock, await container.get(AsyncEngine), plan, seed, console).run()
        return await season_accounts(container, plan.season, sent, seen)
    finally:
        await container.close()


def _dialer(sent: Sent, seed: int) -> DialerSettings:
    return DialerSettings(
        outcome_field="Email",
        outcomes=dict(sent.outcomes),
        lines=LINES,
        seconds_per_call=_SECONDS_PER_CALL,
        apply_delay=0,
        seed=seed,
    )


async def _import(container: AsyncContainer, before: Sequence[Happening]) -> None:
    """Import what came in before the season, each day's in its evening."""
    clock, import_leads = await container.get(DatabaseClock), await container.get(ImportLeads)
    by_day: dict[str, list[Happening]] = {}
    for one in before:
        by_day.setdefault(f"{one.at.astimezone(ZONE):%F}", []).append(one)
    for some in by_day.values():
        await clock.move_to(some[-1].at)
        await import_leads(LeadsFile(tuple(LeadRow(line, one.submission) for line, one in enumerate(some, 2))))
