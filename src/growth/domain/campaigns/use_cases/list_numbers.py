"""Numbers that nobody may call any more, or may again."""

from collections.abc import Collection
from dataclasses import dataclass

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.do_not_call import CallList
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import plan_missing
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId


@dataclass(frozen=True, slots=True)
class ListNumbers:
    """Put numbers (E.164) on a do-not-call list, or take them off it; return how many that changed.

    Planned calls are judged anew in their slot. Leads whose number comes off are planned at once, where nothing else
    stands against it.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, which: CallList, numbers: Collection[str], *, listed: bool) -> int:
        async with self.begin() as tx:
            now = await tx.now()
            if listed:
                return await tx.do_not_call.put(which, numbers, now)
            removed = await tx.do_not_call.remove(which, numbers)
            if removed:
                leads = await tx.leads.lock_of_numbers(numbers)
                await tx.calls.lock_open(leads)  # people, calls, leads: everybody locks in this order
                found = await tx.leads.contactables(leads, now)
                await plan_missing(tx, found, self.configuration, now, self.new_id)
        return removed
