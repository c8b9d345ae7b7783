"""Plan a call for every lead that everybody has forgotten."""

from dataclasses import dataclass

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import move_on
from growth.domain.campaigns.steps.replanning import plan_forgotten
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.ticks import Tick


@dataclass(frozen=True, slots=True)
class RecoverForgottenLeads:
    """Plan the next slot for leads that were called without a decision and have no planned call; return how many.

    Left out: those with 8 attempts or more, with a pending task, in a wallet. Twice in a row plans nothing new. Calls
    planned in a campaign that is gone move to the one that has their leads now.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, *, dry_run: bool = False, tick: Tick | None = None) -> int:
        planned = 0
        async with self.begin() as tx:
            if tick and not await tx.ticks.first_time(tick):
                return 0
            now = await tx.now()
            homeless = await tx.calls.lock_homeless([campaign.name for campaign in self.configuration.campaigns])
            await move_on(tx, homeless, self.configuration, now, self.new_id)
            planned, after = await plan_forgotten(tx, None, self.configuration, now, self.new_id)
            while after:
                more, after = await plan_forgotten(tx, after, self.configuration, now, self.new_id)
                planned += more
            if dry_run:
                raise Undo
        return planned
