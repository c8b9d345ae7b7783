"""Judging in bulk: a month of runs replayed, and whether the law allows calls, by the thousand."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from benchmarks.choose import Many, generated, the_slot
from benchmarks.frame import Bar, Cluster, Plan, Result, middle
from growth.domain.campaigns.business_rules.law.judging import can_call
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.runs import RunId
from growth.domain.campaigns.ports.views import PlannedCalls
from growth.domain.campaigns.use_cases import ReplayRun, StartCampaigns

_CANDIDATES, _SLOTS, _INSTANTS = 2_000, 40, 10
_LEAST_DECISIONS, _LEAST_JUDGED = 1_000, 20_000


def run(cluster: Cluster, plan: Plan) -> Result:
    result = Result("judging")
    many = generated(cluster, 10_000, _CANDIDATES, the_slot())
    slots = 4 if plan.quick else _SLOTS
    with asyncio.Runner() as runner:
        judge, run_id = runner.run(_law(many)), runner.run(_started(many))
        rates: dict[str, list[float]] = {"can_call": [], "replay": []}
        for _ in range(plan.rounds):
            rates["can_call"].append(judge())
            rate, different = runner.run(_replayed(many, run_id, slots))
            rates["replay"].append(rate)
            result.errors += [f"{different} decisions were replayed otherwise"] * bool(different)
        runner.run(many.container.close())
    bars = {
        "can_call": ("can_call of 2,000 people at 10 instants", _LEAST_JUDGED),
        "replay": (f"decisions of {slots} slots of {_CANDIDATES:,} replayed, reading included", _LEAST_DECISIONS),
    }
    for name, (what, least) in bars.items():
        rate = middle(rates[name])
        result.rows.append({"what": what, "a second": rate, "lowest": min(rates[name]), "highest": max(rates[name])})
        result.bars.append(Bar(what, f"≥ {least:,}/s", f"{rate:,.0f}/s", rate >= least))
    return result


async def _law(many: Many) -> Callable[[], float]:
    """Return what judges the candidates once and tells how many a second."""
    planned = await many.container.get(PlannedCalls)
    people = [it.who for it in await planned.candidates(None, many.slot.start, many.slot.start)][:_CANDIDATES]
    instants = [many.slot.start + timedelta(hours=hours) for hours in range(_INSTANTS)]

    def judge() -> float:
        started = time.perf_counter()
        for at in instants:
            for who in people:
                can_call(who, at)
        return len(people) * len(instants) / (time.perf_counter() - started)

    return judge


async def _started(many: Many) -> RunId:
    (report,) = await (await many.container.get(StartCampaigns))(Order(start_date=many.slot.start))
    return report.id


async def _replayed(many: Many, run_id: RunId, slots: int) -> tuple[float, int]:
    """Replay the run as often as a month has slots; return decisions a second, and how many were different."""
    replay = await many.container.get(ReplayRun)
    decisions, different, started = 0, 0, time.perf_counter()
    for _ in range(slots):
        found = await replay(run_id)
        decisions, different = decisions + found.candidates, different + len(found.differences)
    return decisions / (time.perf_counter() - started), different
