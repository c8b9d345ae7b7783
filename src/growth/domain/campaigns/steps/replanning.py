"""Planning anew when what stood against a call has gone."""

from datetime import datetime

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import plan_missing
from growth.domain.kernel.ids import NewId, ProspectId


async def replan(
    tx: CampaignsTx, person: ProspectId, configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Plan a call for each lead of a person, who is locked, that has none and may have one."""
    leads = [lead.id for lead in await tx.leads.of_people([person])]
    if leads:
        await tx.calls.lock_open(leads)  # people, calls, leads: everybody locks in this order
        await plan_missing(tx, await tx.leads.contactables(leads, now), configuration, now, new_id)
