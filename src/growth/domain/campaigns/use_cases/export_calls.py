"""Past calls as a table to learn from: what was known when each was decided, and what it came to."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from growth.domain.campaigns.business_rules.learning.lead_rows import LEAD_COLUMNS, row_of
from growth.domain.campaigns.business_rules.qualifying import snapshot
from growth.domain.campaigns.business_rules.remembering import candidate_of
from growth.domain.campaigns.entities.calls import CallId, WrapUp
from growth.domain.campaigns.entities.learned_models import Row
from growth.domain.campaigns.entities.runs import RunReport
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.replays import Judged
from growth.domain.campaigns.ports.views import RunViews

CALLED_AT, APPOINTMENT = "called_at", "appointment"
COLUMNS: Final = (CALLED_AT, *LEAD_COLUMNS, APPOINTMENT)


@dataclass(frozen=True, slots=True)
class ExportCalls:
    """Yield a row for each call that has a wrap-up, in the order of slots: nothing in it was known only afterwards.

    `called_at` is the start of its slot, `appointment` yes or no. Nobody's name, number or address is in it.
    """

    views: RunViews
    judged: Judged

    async def __call__(self, since: datetime, until: datetime) -> AsyncIterator[Row]:
        for run in await self.views.between(since, until):
            outcomes = await self.judged.outcomes(run.id)
            if outcomes:
                async for row in self._rows(run, outcomes):
                    yield row

    async def _rows(self, run: RunReport, outcomes: Mapping[CallId, WrapUp]) -> AsyncIterator[Row]:
        slot, told = Slot(run.slot_start, run.slot_end), set[CallId]()
        for filling in reversed(await self.judged.fillings(run.id)):  # the last that judged a call chose it
            configuration = await self.judged.configuration(filling.configuration_version)
            for facts in filling.facts:
                wrapup = outcomes.get(facts.call_id)
                if wrapup is None or facts.call_id in told:
                    continue
                told.add(facts.call_id)
                who = candidate_of(facts, run.campaign, slot).who
                won = "yes" if wrapup is WrapUp.ARGUEDPOSITIVE else "no"
                seen = row_of(snapshot(who, configuration, slot.start))
                yield {CALLED_AT: slot.start.isoformat(), **seen, APPOINTMENT: won}
