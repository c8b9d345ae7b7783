"""The scheduler: APScheduler wakes us, the database's clock says what is due, a tick row decides who does it.

Any number of processes may run it. A tick is claimed in the transaction of its effect; nothing here is a lock.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from growth.domain.campaigns.business_rules.calling import FAST_LANE_EVERY
from growth.domain.campaigns.business_rules.planning import weekly
from growth.domain.campaigns.business_rules.slots import instant_of, slots_between
from growth.domain.campaigns.entities.configuration import Campaign, CampaignName, CampaignType, Configuration
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.runs import RunIsOver
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.use_cases import (
    MissSlot,
    RecoverForgottenLeads,
    RequestResults,
    StartCampaigns,
    StopCampaigns,
    WatchScoring,
)
from growth.domain.campaigns.use_cases.poll_results import POLL_EVERY
from growth.domain.kernel.begin import Begin, Timed
from growth.domain.kernel.messages import Delivery
from growth.domain.kernel.ticks import Tick, Ticks, TickState

WAKE_EVERY = 1.0
LATE = timedelta(minutes=1)
LOOK_BACK = timedelta(days=7)
AFTER_A_FAILURE = timedelta(seconds=5)
RECOVERY_AT, RECOVERY_ZONE = time(6), "Europe/Paris"
WATCH_AT = time(4)
_MOST_MISSED = 1_000

logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every wake-up
log = structlog.get_logger(__name__)


class Clock(Protocol):
    async def now(self) -> datetime: ...


class TicksTx(Timed, Protocol):
    @property
    def ticks(self) -> Ticks: ...


class LatestTicks(Protocol):
    async def latest(self) -> Mapping[str, datetime]:
        """Return the newest due instant that is decided, by job."""
        ...


@dataclass(slots=True)
class Job:
    """Something that is due at instants. `each`: all of them count; else only the last, and the others are missed."""

    name: str
    due: Callable[[datetime, datetime], Iterator[datetime]]
    fire: Callable[[Tick], Awaitable[object]]
    each: bool = False
    decided: datetime | None = None
    resting_until: datetime | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


def every(step: timedelta) -> Callable[[datetime, datetime], Iterator[datetime]]:
    """Return the instants that are whole multiples of `step` in UTC, so that clock changes do not matter."""

    def due(since: datetime, until: datetime) -> Iterator[datetime]:
        start = datetime(2020, 1, 1, tzinfo=UTC)
        at = start + ((since - start) // step + 1) * step
        while at <= until:
            yield at
            at += step

    return due


def daily(at: time, zone: str) -> Callable[[datetime, datetime], Iterator[datetime]]:
    """Return that local time of each local date, once, whatever the clocks do."""

    def due(since: datetime, until: datetime) -> Iterator[datetime]:
        tz = ZoneInfo(zone)
        day, last = since.astimezone(tz).date(), until.astimezone(tz).date()
        while day <= last:
            instant = instant_of(datetime.combine(day, at), tz)
            if since < instant <= until:
                yield instant
            day += timedelta(days=1)

    return due


@dataclass(frozen=True, slots=True)
class CampaignJobs:
    """The jobs that the campaigns configuration asks for."""

    configuration: Configuration
    start: StartCampaigns
    stop: StopCampaigns
    miss: MissSlot
    recover: RecoverForgottenLeads
    results: RequestResults
    watch: WatchScoring

    def all(self) -> list[Job]:
        jobs = [
            Job(
                "recover-forgotten-leads",
                daily(RECOVERY_AT, RECOVERY_ZONE),
                lambda tick: self.recover(tick=tick),
            ),
            Job("poll-results", every(POLL_EVERY), self.results),
            Job("watch-scoring", daily(WATCH_AT, RECOVERY_ZONE), self.watch),
        ]
        for campaign in self.configuration.campaigns:
            jobs.append(self._stop(campaign))
            jobs.append(self._fast(campaign) if campaign.type is CampaignType.CF else self._start(campaign))
        return jobs

    def _slots(self, campaign: Campaign, since: datetime, until: datetime) -> Iterator[Slot]:
        return slots_between(weekly(campaign, self.configuration), campaign.timezone, since, until)

    def _start(self, campaign: Campaign) -> Job:
        def due(since: datetime, until: datetime) -> Iterator[datetime]:
            tiny = timedelta.resolution
            return (slot.start for slot in self._slots(campaign, since + tiny, until + tiny))

        async def fire(tick: Tick) -> None:
            slot = next(self._slots(campaign, tick.due_at, tick.due_at + timedelta.resolution))
            if tick.state is TickState.MISSED or slot.end <= tick.due_at + tick.late:
                await self.miss(campaign, slot, Tick(tick.job, tick.due_at, TickState.MISSED))
            else:
                await self.start(Order(name=campaign.name, start_date=tick.due_at, tick=tick))

        return Job(f"start-campaign:{campaign.name}", due, fire, each=True)

    def _stop(self, campaign: Campaign) -> Job:
        def due(since: datetime, until: datetime) -> Iterator[datetime]:
            day = timedelta(days=1)
            ends = (slot.end for slot in self._slots(campaign, since - day, until + timedelta.resolution))
            return (end for end in ends if since < end <= until)

        async def fire(tick: Tick) -> None:
            await self.stop(Order(name=campaign.name, start_date=tick.due_at - timedelta.resolution, tick=tick))

        return Job(f"stop-campaigns:{campaign.name}", due, fire, each=True)

    def _fast(self, campaign: Campaign) -> Job:
        async def fire(tick: Tick) -> None:
            await self.start(Order(name=campaign.name, running_only=True, tick=tick))

        return Job(f"cf-campaign-loop:{campaign.name}", every(FAST_LANE_EVERY), fire)


@dataclass(frozen=True, slots=True)
class StartAgain:
    """Deliver the message `campaign.start`: calls were planned in a slot that had begun already."""

    start: StartCampaigns

    async def __call__(self, delivery: Delivery) -> None:
        name = CampaignName(str(delivery.message.payload["campaign"]))
        with suppress(RunIsOver):
            await self.start(Order(name=name, running_only=True))


class Scheduler:
    """Runs the jobs of this process."""

    def __init__(self, jobs: Sequence[Job], begin: Begin[TicksTx], clock: Clock, latest: LatestTicks) -> None:
        self._jobs = jobs
        self._begin = begin
        self._clock = clock
        self._latest = latest
        self._tasks: set[asyncio.Task[None]] = set()
        self._engine = AsyncIOScheduler(timezone=UTC)

    def start(self) -> None:
        self._engine.add_job(
            self.wake, "interval", seconds=WAKE_EVERY, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._engine.start()

    async def stop(self) -> None:
        """Wake no more, and wait for the jobs under way."""
        self._engine.shutdown(wait=False)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wake(self) -> None:
        """Begin whatever is due and not under way."""
        try:
            now = await self._clock.now()
            await self._remember(now)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next wake-up tries again
            log.warning("scheduler_cannot_tell_the_time", error=type(error).__name__)
            return
        for job in self._jobs:
            if not job.busy.locked() and (job.resting_until is None or job.resting_until <= now):
                task = asyncio.create_task(self._run(job, now))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def run_due(self) -> None:
        """Do all that is due now, and return when it is done."""
        now = await self._clock.now()
        await self._remember(now)
        for job in self._jobs:
            await self._run(job, now)

    async def _remember(self, now: datetime) -> None:
        """Take up where the rows say that jobs are; a job without rows begins now. The test clock may go back."""
        if any(job.decided is None for job in self._jobs):
            rows = await self._latest.latest()
            for job in self._jobs:
                job.decided = job.decided or max(rows.get(job.name, now - LATE), now - LOOK_BACK)
        for job in self._jobs:
            if job.decided and job.decided > now + LATE:
                job.decided = now

    async def _run(self, job: Job, now: datetime) -> None:
        async with job.busy:
            due = list(job.due(job.decided or now, now))
            try:
                if due and not job.each:
                    await self._miss(job, due[:-1])
                    due = due[-1:]
                for at in due:
                    late = now - at
                    await job.fire(Tick(job.name, at, TickState.CAUGHT_UP if late > LATE else TickState.FIRED, late))
                    job.decided = at
                job.resting_until = None
            except Exception as error:
                job.resting_until = now + AFTER_A_FAILURE
                log.exception("job_failed", job=job.name, error=type(error).__name__)

    async def _miss(self, job: Job, instants: Sequence[datetime]) -> None:
        if instants:
            async with self._begin() as tx:
                for at in instants[-_MOST_MISSED:]:
                    await tx.ticks.first_time(Tick(job.name, at, TickState.MISSED))
