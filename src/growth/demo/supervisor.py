"""Keeps the worker going: starts it, kills it as planned, starts it again; and makes the dialer's weather."""

import asyncio
import multiprocessing
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import httpx2
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.sandbox.faults import Faults
from growth.demo.agency import ZONE
from growth.demo.misfortunes import BATCHES, QUARTER, SUFFERING, TIME_OUT, kills, time_outs, weather
from growth.demo.worker import Plan, work

_LOOK_EVERY = 0.08
_PATIENCE = 60.0  # seconds for all that there ever was at the sandbox, as one answer
_LEASE = timedelta(seconds=20)  # a little longer than what a dead worker had in hand stays his
_CALLED = text("SELECT count(*) FROM call_attempt")
_SENT = text("""
    SELECT count(*) FROM injection_batch WHERE dialer_campaign_id = :campaign AND attempted_at >= :since""")
_RELEASE = text("UPDATE message SET leased_until = clock_timestamp() WHERE leased_until IS NOT NULL")
# It has everything imported, and forks workers: a start takes half a second and not four.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["growth.cli", "holidays.countries"])


class WorkerFailed(Exception):
    """The worker ended by itself, before the season did."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was done to the service, by local day: kills, and faults by name; and what the dialer itself wrote down.

    `log`, `contacts`: of all that there ever was.
    """

    kills: Mapping[date, int]
    faults: Mapping[date, Mapping[str, int]]
    log: Sequence[Mapping[str, Any]]
    contacts: Sequence[Mapping[str, Any]]


class Supervisor:
    def __init__(self, clock: DatabaseClock, engine: AsyncEngine, plan: Plan, seed: int, console: Console) -> None:
        self._clock, self._engine, self._plan, self._seed, self._console = clock, engine, plan, seed, console
        self._kills = deque(kills(plan.season, seed))
        self._time_outs = deque(time_outs(plan.season))
        self._killed: Counter[date] = Counter()
        self._timed_out: Counter[date] = Counter()
        self._sky: Faults | None = None
        self._hanging: datetime | None = None
        self._day = plan.season.first
        self._http = httpx2.AsyncClient(trust_env=False, timeout=_PATIENCE, base_url=plan.sandbox_url)

    async def run(self) -> Seen:
        """See the worker through to the end of the season. Raises `WorkerFailed`."""
        async with self._http:
            worker = self._start()
            try:
                while worker.is_alive():
                    await asyncio.sleep(_LOOK_EVERY)
                    worker = await self._look_after(worker, await self._clock.now())
            finally:
                worker.kill()
                worker.join()
            if worker.exitcode:
                raise WorkerFailed(f"The worker ended with {worker.exitcode}: {self._last_words()}")
            await self._tell(None)
            return await self._seen()

    async def _look_after(self, worker: BaseProcess, now: datetime) -> BaseProcess:
        await self._make_weather(now)
        if now.astimezone(ZONE).date() > self._day:
            await self._tell(now)
        if not self._kills or now < self._kills[0].at:
            return worker
        await asyncio.sleep(self._kills.popleft().delay)
        if not worker.is_alive():
            return worker
        worker.kill()
        worker.join()
        self._killed[now.astimezone(ZONE).date()] += 1
        # Its leases end by themselves, in real time; so much of it would be hours here.
        async with self._engine.begin() as connection:
            await connection.execute(_RELEASE)
        await self._clock.move_to(await self._clock.now() + _LEASE)
        return self._start()

    def _start(self) -> BaseProcess:
        worker = _FORKS.Process(target=work, args=(self._plan,), daemon=True)
        worker.start()
        return worker

    async def _make_weather(self, now: datetime) -> None:
        if self._hanging:
            come = await self._has_come(self._hanging)
            if not come and now < self._hanging + QUARTER:
                return
            self._timed_out[now.astimezone(ZONE).date()] += come
            self._hanging = None
        if self._time_outs and now >= self._time_outs[0]:
            self._hanging = self._time_outs.popleft()
            faults = TIME_OUT
        else:
            _, faults = weather(self._plan.season, self._seed, now)
        if faults != self._sky:
            answer = await self._http.put("/_sandbox/faults", content=faults.model_dump_json())
            answer.raise_for_status()
            self._sky = faults

    async def _has_come(self, since: datetime) -> bool:
        """Tell whether the request has gone out that is to hang: one is enough for everybody."""
        values = {"since": since, "campaign": SUFFERING}
        async with self._engine.connect() as connection:
            return bool((await connection.execute(_SENT, values)).scalar())

    async def _tell(self, now: datetime | None) -> None:
        """Say what came of the day that is over."""
        async with self._engine.connect() as connection:
            called = (await connection.execute(_CALLED)).scalar()
        faults = sum((Counter(them) for them in (await self._faults()).values()), Counter[str]())
        told = f"{called:,} calls, {faults.total():,} faults of the dialer, {self._killed.total()} kills so far"
        self._console.print(f"{self._day:%a %d %b}  {told}", highlight=False)
        if now:
            self._day = now.astimezone(ZONE).date()

    async def _faults(self) -> dict[date, Counter[str]]:
        found = {day: Counter({"timed out": times}) for day, times in self._timed_out.items()}
        for request in (await self._http.get("/_sandbox/requests")).json()["requests"]:
            at = datetime.fromisoformat(request["at"])
            sky, _ = weather(self._plan.season, self._seed, at)
            if name := fault_of(request, sky):
                found.setdefault(at.astimezone(ZONE).date(), Counter())[name] += 1
        return found

    async def _seen(self) -> Seen:
        log = (await self._http.get("/_sandbox/log")).json()["entries"]
        contacts = (await self._http.get("/_sandbox/contacts")).json()["contacts"]
        return Seen(self._killed, await self._faults(), log, contacts)

    def _last_words(self) -> str:
        lines = self._plan.log.read_text(encoding="utf-8").strip().splitlines() if self._plan.log.exists() else []
        return lines[-1] if lines else "it wrote nothing to its log."


def fault_of(request: Mapping[str, Any], sky: str) -> str | None:
    """Return by what name a request at the dialer suffered; None: by none."""
    match request["fault"]:
        case "refuse":
            return str(request["status"])
        case "html":
            return "no JSON"
        case "drop_answer":
            return "lost answer" if request["applied_at"] == request["at"] else "lost answer, applied late"
    hanging = sky == "slow" and request["path"].startswith(BATCHES)
    return "slow" if hanging else None
