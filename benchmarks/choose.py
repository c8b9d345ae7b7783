"""Choosing and claiming the best 200 of all open leads: how near the bare SELECT, and does the number of leads matter?

The leads of a slot are the calls planned for it, so the work is that of the slot's candidates; the other open leads,
planned for later slots or resting, are there to be in the way.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from dishka import AsyncContainer
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.frame import Bar, Cluster, Kept, Plan, Result, middle, p95, rounds
from growth.adapters.campaigns_file import load_campaigns
from growth.adapters.db.engine import QUICK_READS
from growth.container import make_container
from growth.domain.campaigns.business_rules.call_hours import may_call_at
from growth.domain.campaigns.business_rules.slots import slots_between
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.use_cases import StartCampaigns
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.country import Country
from growth.settings import Settings

CAMPAIGNS = Path(__file__).parent / "campaigns.toml"
_GENERATE = Path(__file__).parent / "many_leads.sql"
_CANDIDATES, _FEWER, _CHOSEN = 2_000, 500, 200
# What is locked is never read in parallel, so the bare SELECT is not either.
_SERIAL = {"max_parallel_workers_per_gather": "0"}
_LOCK = " FOR UPDATE OF call"
_TOUCHED = "lead, lead_score, call, decision, campaign_run, injection_batch, message"
_MOST_OF_SELECT, _MOST_OF_SMALLER = 2.5, 1.5

Times = Mapping[str, list[float]]


@dataclass(slots=True)
class Many:
    """A database with so many open leads, of which so many are candidates, and what is asked of it."""

    number: int
    near: int
    url: str
    slot: Slot
    container: AsyncContainer
    select: str = ""
    arguments: tuple[Any, ...] = ()

    async def connect(self) -> asyncpg.Connection:
        """Connect past the service, with the planner's settings of its pool."""
        return await asyncpg.connect(self.url.replace("+asyncpg", ""), server_settings=QUICK_READS | _SERIAL)

    async def prepare(self) -> list[str]:
        """Start once in vain, remember the SELECT of the candidates, and return what is wrong with the outcome."""
        engine = await self.container.get(AsyncEngine)

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def see(*told: Any) -> None:
            if _LOCK in told[2]:
                self.select, self.arguments = told[2].replace(_LOCK, ""), tuple(told[3])

        start = await self.container.get(StartCampaigns)
        (report,) = await start(Order(start_date=self.slot.start, dry_run=True))
        event.remove(engine.sync_engine, "before_cursor_execute", see)
        found, expected = (report.candidates, report.injected), (self.near, _CHOSEN)
        wrong = f"of {self.number} leads {found} were candidates and chosen, not {expected}"
        return [] if found == expected else [wrong]

    async def times(self, samples: int, order: random.Random) -> Times:
        """Time, in ms: the bare SELECT, claiming the candidates, and the whole start; all is rolled back.

        They come in shuffled order, since each leaves warm pages to the next.
        """
        start = await self.container.get(StartCampaigns)
        begin = await self.container.get(Begin[CampaignsTx])
        campaign, now = (await self.container.get(Configuration)).campaigns[0].name, datetime.now(UTC)
        bare = await self.connect()
        query = await bare.prepare(self.select)
        await query.fetch(*self.arguments)  # the pool's connection is warm too

        async def claim() -> None:
            async with begin() as tx:
                await tx.calls.lock_candidates(campaign, self.slot.start, now, self.slot.end)
                raise Undo

        steps: dict[str, Callable[[], Awaitable[object]]] = {
            "select": lambda: query.fetch(*self.arguments),
            "claim": claim,
            "start": lambda: start(Order(start_date=self.slot.start, dry_run=True)),
        }
        times: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(samples):
            for name in order.sample(list(steps), len(steps)):
                started = time.perf_counter()
                await steps[name]()
                times[name].append((time.perf_counter() - started) * 1000)
        await bare.execute(f"VACUUM {_TOUCHED}")  # what a start that is rolled back leaves behind
        await bare.close()
        return times


def run(cluster: Cluster, plan: Plan) -> Result:
    """Measure both numbers of leads in turn."""
    result = Result("choose")
    slot = the_slot()
    with asyncio.Runner() as runner:
        large = 100_000 if plan.quick else 1_000_000
        sizes = ((10_000, _CANDIDATES), (large, _CANDIDATES), (10_000, _FEWER))
        many = {f"{number:,} / {near:,}": generated(cluster, number, near, slot) for number, near in sizes}
        for one in many.values():
            result.errors += runner.run(one.prepare())

        def ceiling() -> float:
            return 1000 / middle(runner.run(_selects(next(iter(many.values())))))

        samples, order = 2 if plan.quick else 6, random.Random(plan.seed)
        kept, result.rounds_thrown_away = rounds(
            plan, list(many), ceiling, lambda name: runner.run(many[name].times(samples, order))
        )
        for one in many.values():
            runner.run(one.container.close())
    _judge(result, kept)
    return result


def the_slot(campaigns: Path = CAMPAIGNS) -> Slot:
    """Return the first slot, some hours from now, in which the leads may be called."""
    campaign = load_campaigns(campaigns)[0].campaigns[0]
    soon = datetime.now(UTC) + timedelta(hours=6)
    slots = slots_between(campaign.slots, campaign.timezone, soon, soon + timedelta(weeks=2))
    return next(slot for slot in slots if may_call_at(Country.FR, "Europe/Paris", "75001", slot.start))


def generated(cluster: Cluster, number: int, near: int, slot: Slot) -> Many:
    name = f"leads_{number}_{near}"
    url = cluster.new_database(name)
    given = {"n": number, "near": near, "start": f"'{slot.start.isoformat()}'"}
    variables = "".join(f"\\set {key} {value}\n" for key, value in given.items())
    cluster.execute(variables + _GENERATE.read_text(), database=name)
    return Many(number, near, url, slot, make_container(Settings(database_url=url, campaigns_file=CAMPAIGNS)))


async def _selects(many: Many) -> list[float]:
    bare = await many.connect()
    query, times = await bare.prepare(many.select), []
    for _ in range(5):
        started = time.perf_counter()
        await query.fetch(*many.arguments)
        times.append((time.perf_counter() - started) * 1000)
    await bare.close()
    return times


def _judge(result: Result, kept: Mapping[str, list[Kept[Times]]]) -> None:
    at: dict[str, dict[str, float]] = {}
    for name, measured in kept.items():
        every = {step: [t for one in measured for t in one.found[step]] for step in ("select", "claim", "start")}
        at[name] = {step: p95(times) for step, times in every.items()}
        for step, times in every.items():
            row: dict[str, Any] = {
                "leads / candidates": name,
                "step": step,
                "p50 ms": middle(times),
                "p95 ms": p95(times),
            }
            for share, of in ((middle, "p50"), (p95, "p95")):
                row[f"{of} / {of} of select"] = share(times) / share(every["select"]) if times else 0.0
            result.rows.append(row)
        result.rounds += [
            {"leads / candidates": name, "ceilings": (k.before, k.after), "ms": k.found} for k in measured
        ]
        for step, what in (("claim", "claiming the candidates"), ("start", "the whole start with its decisions")):
            ratio = at[name][step] / at[name]["select"] if at[name]["select"] else float("inf")
            bar = f"p95 ≤ {_MOST_OF_SELECT} times the bare SELECT"
            result.bars.append(Bar(f"{what}, {name}", bar, f"{ratio:.2f} times", ratio <= _MOST_OF_SELECT))
    small, large, fewer = at
    for step in ("claim", "start"):
        ratio = at[large][step] / at[small][step] if at[small][step] else float("inf")
        bar = f"≤ {_MOST_OF_SMALLER} times {small}"
        result.bars.append(Bar(f"{step}, {large}", bar, f"{ratio:.2f} times", ratio <= _MOST_OF_SMALLER))
        each = ratio_of_each(at[small][step], at[fewer][step])
        bar = f"a candidate ≤ {_MOST_OF_SMALLER} times one of {fewer}"
        result.bars.append(Bar(f"{step}, {small}", bar, f"{each:.2f} times", each <= _MOST_OF_SMALLER))


def ratio_of_each(many: float, few: float) -> float:
    """Return what a candidate costs among many, by what it costs among few."""
    return many / _CANDIDATES / (few / _FEWER) if few else float("inf")
