"""Runs the day: leads arrive, the clock moves by two minutes, and what is due then happens by itself."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from dishka import AsyncContainer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.embedded import embedded
from growth.adapters.db.migrate import upgrade
from growth.adapters.leads_files import read_leads_file, recorded_outcomes
from growth.adapters.sandbox.dialer_settings import DialerSettings, Outcome
from growth.container import EXAMPLES, make_container
from growth.deliveries import Deliveries
from growth.demo.accounts import Accounts, accounts
from growth.demo.agency import DAY, LINES, SECONDS_PER_CALL, ZONE, arrivals, campaigns_text
from growth.domain.campaigns.entities.importing import LeadRow, LeadsFile
from growth.domain.campaigns.entities.leads import Submission, SubmissionId
from growth.domain.campaigns.entities.learned_models import Row
from growth.domain.campaigns.entities.runs import RunReport
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.campaigns.use_cases import ExportCalls, ImportLeads, TakeLeads
from growth.domain.kernel.operating import Invariants
from growth.local import free_port, sandbox
from growth.schedule import Scheduler
from growth.settings import Settings

_OPENS, _ENDS = time(6), time(22, 10)
_BUSY = time(9, 50), time(20, 10)
_STEP, _QUIET_STEP = timedelta(minutes=2), timedelta(minutes=10)
_TOLD_EVERY = 10  # minutes
FOLDER = EXAMPLES / "realestate"


@dataclass(frozen=True, slots=True)
class Day:
    """What came of it; `runs` by slot and campaign, `calls` as a table to learn from."""

    runs: Sequence[RunReport]
    accounts: Accounts
    calls: Sequence[Row]


def play(leads: int | None, console: Console) -> Day:
    """Play the day with the newest so many leads of the file (None: all), in a database that is gone afterwards."""
    with ending_tidily(), TemporaryDirectory(prefix="growth-demo-", ignore_cleanup_errors=True) as folder:
        console.print("Making a throw-away database and reading the example leads …")
        with embedded(Path(folder) / "postgres", durable=False) as url:
            upgrade(url)
            return asyncio.run(_play(_settings(url, Path(folder)), leads, console))


@contextmanager
def ending_tidily() -> Iterator[None]:
    """Let SIGTERM be like Ctrl-C, which cleans up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _settings(url: str, folder: Path) -> Settings:
    """Leave out what the environment says: the demo must not touch the operator's database or vendors."""
    campaigns = folder / "campaigns.toml"
    campaigns.write_text(campaigns_text(FOLDER / "dubai_Agents.csv"), encoding="utf-8")
    settings = Settings.from_environment({"GROWTH_ENV": "test"})
    sandbox_url = f"http://127.0.0.1:{free_port()}"
    return replace(settings, database_url=url, campaigns_file=campaigns, sandbox_url=sandbox_url)


async def _play(settings: Settings, leads: int | None, console: Console) -> Day:
    container = make_container(settings)
    try:
        clock = await container.get(DatabaseClock)
        outcomes = {email: Outcome(wrapup) for email, wrapup in recorded_outcomes(FOLDER).items()}
        dialer = DialerSettings(
            outcome_field="Email",
            outcomes=outcomes,
            lines=LINES,
            seconds_per_call=SECONDS_PER_CALL,
            apply_delay=0,
        )
        async with sandbox(dialer, clock.now, int(settings.sandbox_url.rpartition(":")[2])):
            with _progress(console) as progress:
                return await _Playing(container, clock, settings.sandbox_url, progress).play(leads)
    finally:
        await container.close()


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _steps() -> Iterator[tuple[datetime, datetime]]:
    """Yield the steps of the clock, from and to: every two minutes, and longer ones while no slot is near."""
    at, ends = (datetime.combine(DAY, each, ZONE) for each in (_OPENS, _ENDS))
    while at < ends:
        before, at = at, at + (_STEP if _BUSY[0] <= at.time() < _BUSY[1] else _QUIET_STEP)
        yield before, at


@dataclass(slots=True)
class _Playing:
    container: AsyncContainer
    clock: DatabaseClock
    dialer_url: str
    progress: Progress
    sent: list[SubmissionId] = field(default_factory=list)

    async def play(self, leads: int | None) -> Day:
        file = read_leads_file(FOLDER / "dubai_Leads.csv", FOLDER / "mapping.toml")
        rows = sorted(file.rows, key=lambda row: str(row.submission and row.submission.requested_at))
        rows = rows[-leads:] if leads else rows
        *before, (_, today) = arrivals(rows)
        await self._import([submissions for _, submissions in before])
        await self._work(today)
        runs = await self._runs()
        engine = await self.container.get(AsyncEngine)
        result = await accounts(engine, self.sent, runs, await self._contacts(), datetime.combine(DAY, time(), ZONE))
        broken = await (await self.container.get(Invariants)).check()
        problems = [
            *(f"line {row.line} of the leads file was refused: {row.faults[0].message}" for row in rows if row.faults),
            *result.unaccounted,
            *(f"{name}: {id_}" for name, ids in broken.items() for id_ in ids),
        ]
        export, opened = await self.container.get(ExportCalls), datetime.combine(DAY, time(), ZONE)
        calls = [row async for row in export(opened, opened + timedelta(days=1))]
        return Day(runs, replace(result, unaccounted=problems), calls)

    async def _import(self, days: Sequence[Sequence[Submission]]) -> None:
        """Import the leads of each day before, in its evening."""
        import_leads = await self.container.get(ImportLeads)
        task = self.progress.add_task("The days before", total=sum(map(len, days)))
        for submissions in days:
            if submissions:
                await self.clock.move_to(max(s.requested_at for s in submissions if s.requested_at))
                rows = tuple(LeadRow(line, each) for line, each in enumerate(submissions, 2))
                await import_leads(LeadsFile(rows))
                self.sent += [each.id for each in submissions]
            self.progress.advance(task, len(submissions))
        self.progress.remove_task(task)
        self.progress.print(f"{len(self.sent):,} leads have come in on the days before.")

    async def _work(self, today: Sequence[Submission]) -> None:
        scheduler, deliveries = await self.container.get(Scheduler), await self.container.get(Deliveries)
        steps = list(_steps())
        task = self.progress.add_task(f"{DAY:%A}", total=len(steps))
        for before, at in steps:
            await self._arrive([s for s in today if s.requested_at and before <= s.requested_at < at])
            await self.clock.move_to(at)
            await scheduler.run_due()
            await deliveries.drain()
            self.progress.advance(task)
            if at.minute % _TOLD_EVERY == 0:
                self.progress.update(task, description=f"{at:%A %H:%M}  {await self._tell(at)}")

    async def _arrive(self, submissions: Sequence[Submission]) -> None:
        take_leads = await self.container.get(TakeLeads)
        for each in submissions:
            if each.requested_at:
                await self.clock.move_to(each.requested_at)
            await take_leads([each])
            self.sent.append(each.id)

    async def _tell(self, at: datetime) -> str:
        """Tell which runs have begun, or have closed after their calls under way; return the day's count."""
        runs = await self._runs()
        for run in runs:
            if run.slot_start == at and run.candidates:
                text = f"{run.candidates:,} candidates, {run.injected:,} handed to the dialer"
                self.progress.print(f"{at:%H:%M}  {run.campaign} begins: {text}")
            elif run.slot_end == at - timedelta(minutes=_TOLD_EVERY):
                text = f"{run.called:,} called, {run.reached:,} reached, {run.appointments:,} appointments"
                self.progress.print(f"{at:%H:%M}  {run.campaign} is {run.state}: {text}")
        return f"{sum(r.called for r in runs):,} called, {sum(r.appointments for r in runs):,} appointments"

    async def _runs(self) -> Sequence[RunReport]:
        runs = await (await self.container.get(RunViews)).list(None, None, 100)
        return sorted(runs, key=lambda run: (run.slot_start, run.campaign))

    async def _contacts(self) -> Sequence[dict[str, object]]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{self.dialer_url}/_sandbox/contacts")
            contacts: list[dict[str, object]] = answer.json()["contacts"]
            return contacts
