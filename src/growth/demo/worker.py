"""The process that is killed: it plays a season from where the database's clock stands, and does what is due."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import uvloop
from dishka import AsyncContainer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.api.request_log import configure_logging
from growth.container import make_container
from growth.deliveries import Deliveries
from growth.demo.calendar import Season
from growth.demo.happenings import Happening, What
from growth.domain.campaigns.entities.do_not_call import CallList
from growth.domain.campaigns.entities.leads import Submission
from growth.domain.campaigns.ports.consents import ConsentViews
from growth.domain.campaigns.ports.views import LeadFilter, LeadViews
from growth.domain.campaigns.use_cases import ChangeLead, ListNumbers, TakeLeads, WithdrawConsent
from growth.domain.campaigns.use_cases.change_lead import LeadChange
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import parse_phone
from growth.local import die_with_parent
from growth.schedule import WAKE_EVERY, Scheduler
from growth.settings import Settings

LIST = CallList("bloctel", Country.FR, "demo")
AGENT = "AGT-0001"
# What a worker that was killed may have left undone is done again; all of it may be.
_LOOK_BACK = timedelta(hours=2)
_GRAIN = timedelta(seconds=20)  # of what waits for its time between two stops
_NEXT = text("""
    SELECT min(due_at) FROM (SELECT DISTINCT ON (subject) due_at, kind FROM message WHERE state = 'pending'
                             ORDER BY subject, position) AS head
    WHERE due_at > :now AND kind <> 'dialer.poll'""")
# A vendor that wants to hear nothing is waited for, in the time in which the pause is counted: the real one.
_PAUSE = text("""
    SELECT extract(epoch FROM max(b.quiet_until - clock_timestamp())) FROM vendor_breaker b
    WHERE b.quiet_until > clock_timestamp()
      AND EXISTS (SELECT FROM message m WHERE m.vendor = b.vendor AND m.state = 'pending' AND m.due_at <= :now)""")


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a worker has to know; it goes from process to process."""

    season: Season
    coming: Sequence[Happening]
    database_url: str
    campaigns_file: Path
    sandbox_url: str
    log: Path

    def settings(self) -> Settings:
        """Leave out what the environment says: the demo must not touch the operator's database or vendors."""
        return replace(
            Settings.from_environment({"GROWTH_ENV": "test"}),
            database_url=self.database_url,
            campaigns_file=self.campaigns_file,
            sandbox_url=self.sandbox_url,
        )


def work(plan: Plan) -> None:
    """Be the worker, until the season is over."""
    die_with_parent()
    with plan.log.open("a", encoding="utf-8") as log:
        configure_logging(log, logging.ERROR)
        uvloop.run(_work(plan))


async def _work(plan: Plan) -> None:
    container = make_container(plan.settings())
    try:
        await _Playing(container, plan.season, plan.coming).play()
    finally:
        await container.close()


@dataclass(slots=True)
class _Playing:
    container: AsyncContainer
    season: Season
    coming: Sequence[Happening]

    async def play(self) -> None:
        clock = await self.container.get(DatabaseClock)
        await self._do_what_is_due()
        done = await clock.now() - _LOOK_BACK
        while (now := await clock.now()) < self.season.ends:
            until = await self._next(now)
            for each in self.coming:
                if done < each.at <= until:
                    await clock.move_to(max(each.at, await clock.now()))
                    await self._happen(each)
            done = until
            await clock.move_to(until)
            await self._do_what_is_due()

    async def _next(self, now: datetime) -> datetime:
        """Return the next stop of the clock, or when a message is due before it."""
        stop = self.season.next_stop(now)
        engine = await self.container.get(AsyncEngine)
        async with engine.connect() as connection:
            due: datetime | None = (await connection.execute(_NEXT, {"now": now})).scalar()
        return min(stop, max(due, now + _GRAIN)) if due else stop

    async def _do_what_is_due(self) -> None:
        """Fire what is due, and deliver what follows; the scheduler goes on when that takes long, as it always does."""
        scheduler = await self.container.get(Scheduler)
        await scheduler.run_due()
        delivering = asyncio.create_task(self._deliver())
        while not delivering.done():
            await asyncio.wait({delivering}, timeout=WAKE_EVERY)
            if not delivering.done():
                await scheduler.run_due()
        await delivering

    async def _deliver(self) -> None:
        deliveries, engine = await self.container.get(Deliveries), await self.container.get(AsyncEngine)
        clock = await self.container.get(DatabaseClock)
        while True:
            await deliveries.drain()
            async with engine.connect() as connection:
                pause = (await connection.execute(_PAUSE, {"now": await clock.now_on(connection)})).scalar()
            if not pause:
                return
            await asyncio.sleep(float(pause))

    async def _happen(self, one: Happening) -> None:
        row = one.submission
        match one.what:
            case What.ASKS:
                await (await self.container.get(TakeLeads))([row])
            case What.LISTED:
                phone = parse_phone(row.phone, row.answers.country_code)
                if phone:
                    await (await self.container.get(ListNumbers))(LIST, [phone.number], listed=True)
            case What.WITHDRAWS:
                for consent in await (await self.container.get(ConsentViews)).of(row.email):
                    await (await self.container.get(WithdrawConsent))(consent.id, None, "said so on the telephone")
            case What.TASK | What.TASK_DONE:
                await self._change(row, LeadChange(pending_task=one.what is What.TASK))
            case What.WALLET:
                await self._change(row, LeadChange(owner_agent_id=AGENT))
        if one.what in {What.LISTED, What.WITHDRAWS}:  # whom nobody may call any more is taken back at once
            await (await self.container.get(Deliveries)).drain()

    async def _change(self, row: Submission, change: LeadChange) -> None:
        found = await (await self.container.get(LeadViews)).list(LeadFilter(submission_id=row.id))
        for view in found:
            await (await self.container.get(ChangeLead))(view.lead.id, change)
