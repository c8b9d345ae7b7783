"""Planning anew when what stood against a call has gone."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import plan_missing
from growth.domain.kernel.ids import NewId, ProspectId

MOST_ATTEMPTS: Final = 8
AT_ONCE: Final = 1_000


async def replan(
    tx: CampaignsTx, leads: Collection[LeadId], configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Plan a call for each of these leads, whose people are locked, that has none and may have one."""
    if leads:
        await tx.calls.lock_open(leads)  # people, calls, leads: everybody locks in this order
        await plan_missing(tx, await tx.leads.contactables(leads, now), configuration, now, new_id)


async def replan_person(
    tx: CampaignsTx, person: ProspectId, configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Plan a call for each lead of a person, who is locked, that has none and may have one."""
    await replan(tx, [lead.id for lead in await tx.leads.of_people([person])], configuration, now, new_id)


async def plan_forgotten(
    tx: CampaignsTx, after: LeadId | None, configuration: Configuration, now: datetime, new_id: NewId
) -> tuple[int, LeadId | None]:
    """Plan the next slot for the forgotten leads that follow, 1,000 at most.

    Returns how many were planned, and after which lead to go on; None: there are no more.
    """
    ids = await tx.leads.forgotten(MOST_ATTEMPTS, after, AT_ONCE)
    if not ids:
        return 0, None
    found = await tx.leads.contactables(ids, now)
    return await plan_missing(tx, found, configuration, now, new_id, fast=False), ids[-1]
