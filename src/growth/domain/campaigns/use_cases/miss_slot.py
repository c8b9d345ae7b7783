"""Own up to a slot that passed without a run."""

from dataclasses import dataclass

from growth.domain.campaigns.entities.configuration import Campaign, Configuration
from growth.domain.campaigns.entities.runs import Run, RunId, RunState
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.ticks import Tick


@dataclass(frozen=True, slots=True)
class MissSlot:
    """Record that nobody started the campaign in a slot. Its calls are overdue, and candidates of the next slot."""

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, campaign: Campaign, slot: Slot, tick: Tick) -> None:
        async with self.begin() as tx:
            if not await tx.ticks.first_time(tick):
                return
            now = await tx.now()
            await tx.runs.lock_choosing()
            await tx.runs.lock_or_add(
                Run(
                    id=RunId(self.new_id()),
                    campaign=campaign.name,
                    slot_start=slot.start,
                    slot_end=slot.end,
                    state=RunState.MISSED,
                    configuration_version=self.configuration.version,
                    rule_set_version=self.configuration.rules.version,
                    opened_at=now,
                    closed_at=now,
                )
            )
