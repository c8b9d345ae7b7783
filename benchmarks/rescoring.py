"""Scoring in bulk, and scoring all stored leads anew, beside one UPDATE that writes the same column of the same rows.

The rules run on one core, by the process's own CPU time. The two ways to write run on one database in shuffled order,
from the same clean state each: dead rows are taken away in between, and a checkpoint is behind both.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from benchmarks.choose import CAMPAIGNS
from benchmarks.frame import Bar, Cluster, Plan, Result, middle
from growth.container import make_container
from growth.domain.campaigns.business_rules.bulk_scoring import scores
from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.entities.rescoring import Rescored
from growth.domain.campaigns.entities.scoring import DEFAULT_RULES, LeadSnapshot, Tenths
from growth.domain.campaigns.use_cases import RescoreLeads
from growth.settings import Settings

_GENERATE = Path(__file__).parent / "many_leads.sql"
_LEAST_A_SECOND, _LEAST_OF_UPDATE = 200_000, 0.5
_ROWS, _SINGLE = 200_000, 20_000
_NAMES = tuple(field.name for field in fields(LeadSnapshot))
_A_POINT = 10


def run(cluster: Cluster, plan: Plan) -> Result:
    result = Result("rescoring")
    _rules(result, plan)
    number = 100_000 if plan.quick else 1_000_000
    given = {"n": number, "near": 2_000, "start": "'2026-11-23T09:00:00+00:00'"}
    url = cluster.new_database("rescored")
    variables = "".join(f"\\set {key} {value}\n" for key, value in given.items())
    cluster.execute(variables + _GENERATE.read_text(), database="rescored")
    with asyncio.Runner() as runner:
        stored = Stored(cluster, number, runner.run(_rescoring(url)), result)
        runner.run(stored.rescore())  # from what was generated to scores
        order, seconds = random.Random(plan.seed), {"rescoring": list[float](), "one UPDATE": list[float]()}
        for _ in range(plan.rounds):
            for name in order.sample(list(seconds), len(seconds)):
                stored.clean()
                seconds[name].append(runner.run(stored.rescore()) if name == "rescoring" else stored.update())
    ours, theirs = middle(seconds["rescoring"]), middle(seconds["one UPDATE"])
    for name, taken in seconds.items():
        row: dict[str, Any] = {"what": name, "leads": number, "s": middle(taken), "leads/s": number / middle(taken)}
        result.rows.append(row | {"of one at a time, or of the UPDATE": theirs / middle(taken)})
    result.rounds.append(dict(seconds))
    what = f"rescoring {number:,} stored leads"
    bar = f"≥ {_LEAST_OF_UPDATE} of one UPDATE of the same rows"
    result.bars.append(Bar(what, bar, f"{theirs / ours:.2f}", theirs / ours >= _LEAST_OF_UPDATE))
    return result


def _rules(result: Result, plan: Plan) -> None:
    """Score tuples by columns, which are made of them in the time measured, and one at a time."""
    rows = _people(random.Random(plan.seed))
    bulk, single, found = [], [], []
    for _ in range(max(3, plan.rounds)):
        begun = time.process_time()
        found = scores(dict(zip(_NAMES, zip(*rows, strict=True), strict=True)), DEFAULT_RULES)
        bulk.append(time.process_time() - begun)
        few = [LeadSnapshot(*row) for row in rows[:_SINGLE]]
        begun = time.process_time()
        alone = [score(it, DEFAULT_RULES) for it in few]
        single.append(time.process_time() - begun)
        if found[:_SINGLE] != [(it.score, it.unclipped) for it in alone]:
            result.errors.append("leads scored in bulk have other scores than one at a time")
    rate, alone_rate = _ROWS / middle(bulk), _SINGLE / middle(single)
    for what, number, seconds in (("rules in bulk", _ROWS, middle(bulk)), ("one at a time", _SINGLE, middle(single))):
        row: dict[str, Any] = {"what": what, "leads": number, "s": seconds, "leads/s": number / seconds}
        result.rows.append(row | {"of one at a time, or of the UPDATE": number / seconds / alone_rate})
    bar = f"≥ {_LEAST_A_SECOND:,} leads/s on one core"
    result.bars.append(Bar("rules in bulk", bar, f"{rate:,.0f} leads/s", rate >= _LEAST_A_SECOND))


def _people(chance: random.Random) -> Sequence[tuple[Any, ...]]:
    """Return as many snapshots as tuples: prices and days of many values, all else of few."""
    return [
        (
            chance.random() < 0.9,
            chance.random() < 0.2,
            chance.choice(("now", "3_months", "6_months", "12_months", "later")),
            chance.choice((True, True, True, False, None)),
            chance.choice((None, *range(80_000, 900_000, 1_000))) if chance.random() < 0.9 else None,
            chance.choice(("house", "apartment", "land", None)),
            chance.random() < 0.1,
            chance.choice((0, 0, 0, 1, 2)),
            chance.choice((0, 0, 0, 1, 5, 20)),
            chance.choice((None, None, "referral", "paid_search")),
            chance.randrange(6),
            chance.randrange(90),
        )
        for _ in range(_ROWS)
    ]


async def _rescoring(url: str) -> RescoreLeads:
    container = make_container(Settings(database_url=url, campaigns_file=CAMPAIGNS))
    return await container.get(RescoreLeads)


@dataclass(slots=True)
class Stored:
    """The stored leads. Whoever writes moves all scores by a point, up and down in turn: no score is left as it is."""

    cluster: Cluster
    number: int
    rescoring: RescoreLeads
    result: Result
    higher: bool = False

    async def rescore(self) -> float:
        self.higher = not self.higher
        begun = time.perf_counter()
        done = await self._scored()
        seconds = time.perf_counter() - begun
        left = await self._scored(dry_run=True)
        if done.read != self.number or done.changed < 0.99 * self.number or left.changed > 0.001 * self.number:
            self.result.errors.append(f"of {self.number} leads {done} were scored, and after it {left} would be")
        return seconds

    async def _scored(self, *, dry_run: bool = False) -> Rescored:
        rules = self.rescoring.configuration.rules
        base = Tenths(rules.base + (_A_POINT if self.higher else 0))
        configuration = replace(self.rescoring.configuration, rules=replace(rules, base=base))
        return await replace(self.rescoring, configuration=configuration)(dry_run=dry_run)

    def update(self) -> float:
        self.higher = not self.higher
        points = _A_POINT if self.higher else -_A_POINT
        told = self.cluster.execute(f"\\timing on\nUPDATE lead SET score = score + {points}", database="rescored")
        return float(told.rpartition("Time: ")[2].split()[0]) / 1000

    def clean(self) -> None:
        self.cluster.execute("VACUUM lead; CHECKPOINT;", database="rescored")
