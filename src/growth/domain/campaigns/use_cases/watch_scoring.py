"""Measure once a day whether leads still are what scoring was made for, and whether a model's promises hold."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from growth.domain.campaigns.business_rules.learning.drifting import stability
from growth.domain.campaigns.business_rules.learning.lead_rows import LEAD_COLUMNS, row_of
from growth.domain.campaigns.business_rules.qualifying import snapshot
from growth.domain.campaigns.business_rules.remembering import candidate_of
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.drifts import Drift, Expectation, Measure
from growth.domain.campaigns.entities.learned_models import Cell, Row
from growth.domain.campaigns.entities.replays import Filling
from growth.domain.campaigns.entities.runs import RunReport
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.models import Drifts
from growth.domain.campaigns.ports.replays import Judged
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ticks import Tick

NOW, BEFORE = timedelta(days=7), timedelta(days=28)
_LEAST_CALLS: Final = 50
_MOST_OF_A_FILLING: Final = 500


@dataclass(frozen=True, slots=True)
class WatchScoring:
    """Compare the candidates of the last 7 days with those of the 28 before, and models with their 35 days' calls."""

    begin: Begin[CampaignsTx]
    views: RunViews
    judged: Judged
    drifts: Drifts
    configuration: Configuration

    async def __call__(self, tick: Tick) -> None:
        async with self.begin() as tx:
            if not await tx.ticks.first_time(tick):
                return
            now = await tx.now()
        before, lately = await self._cells(now)
        found = [
            Drift(Measure.INPUT, column, value, now)
            for column in LEAD_COLUMNS
            if (value := stability(before[column], lately[column])) is not None
        ]
        await self.drifts.replace([*found, *_kept_promises(await self.drifts.expectations(now - NOW - BEFORE), now)])

    async def _cells(self, now: datetime) -> tuple[dict[str, list[Cell]], dict[str, list[Cell]]]:
        before, lately = defaultdict[str, list[Cell]](list), defaultdict[str, list[Cell]](list)
        for run in await self.views.between(now - NOW - BEFORE, now):
            side = lately if run.slot_start >= now - NOW else before
            for filling in await self.judged.fillings(run.id):
                for row in self._rows(filling, run):
                    for column in LEAD_COLUMNS:
                        side[column].append(row[column])
        return before, lately

    def _rows(self, filling: Filling, run: RunReport) -> Iterator[Row]:
        slot = Slot(run.slot_start, run.slot_end)
        for facts in filling.facts[:: 1 + len(filling.facts) // _MOST_OF_A_FILLING]:
            who = candidate_of(facts, run.campaign, slot).who
            yield row_of(snapshot(who, self.configuration, slot.start))


def _kept_promises(expectations: Sequence[Expectation], now: datetime) -> Iterator[Drift]:
    for it in expectations:
        if it.calls >= _LEAST_CALLS and it.expected > 0:
            yield Drift(Measure.CALIBRATION, it.model_version, it.won / it.expected, now)
