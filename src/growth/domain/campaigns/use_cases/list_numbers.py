"""Numbers that nobody may call any more, or may again."""

from collections.abc import Collection
from dataclasses import dataclass

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.do_not_call import CallList
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.replanning import replan
from growth.domain.campaigns.steps.taking_back import take_back
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId


@dataclass(frozen=True, slots=True)
class ListNumbers:
    """Put numbers (E.164) on a do-not-call list, or take them off it; return how many that changed.

    Planned calls are judged anew in their slot; what the dialer has is taken back. Leads whose number comes off are
    planned at once, where nothing else stands against it.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, which: CallList, numbers: Collection[str], *, listed: bool) -> int:
        async with self.begin() as tx:
            now = await tx.now()
            if listed:
                changed = await tx.do_not_call.put(which, numbers, now)
                leads = await tx.leads.lock_of_numbers(numbers)
                await take_back(tx, leads, self.configuration, now, self.new_id)
            elif changed := await tx.do_not_call.remove(which, numbers):
                leads = await tx.leads.lock_of_numbers(numbers)
                await replan(tx, leads, self.configuration, now, self.new_id)
        return changed
