"""An operator changes a lead: its status, or the wallet and the open task of its person."""

from dataclasses import dataclass, replace
from typing import Final

from growth.domain.campaigns.business_rules.calling import moved
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.candidates import Stopped
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import CALLABLE, LeadId, LeadStatus, UnknownLead
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import plan_missing, rescore
from growth.domain.campaigns.steps.taking_back import take_back
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId


class Unchanged:
    """Stands for a field that the caller did not send."""


UNCHANGED: Final = Unchanged()


@dataclass(frozen=True, slots=True)
class LeadChange:
    owner_agent_id: str | Unchanged | None = UNCHANGED
    pending_task: bool | Unchanged = UNCHANGED
    status: LeadStatus | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True)
class ChangeLead:
    """Change what an operator may change, and plan or unplan the calls that this makes possible or impossible.

    Raises `UnknownLead`.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, lead_id: LeadId, change: LeadChange) -> None:
        async with self.begin() as tx:
            now = await tx.now()
            known = await tx.leads.get(lead_id)
            prospect = await tx.people.lock(known.prospect_id) if known else None
            if prospect is None:
                raise UnknownLead
            if not isinstance(change.owner_agent_id, Unchanged):
                prospect = replace(prospect, owner_agent_id=change.owner_agent_id)
            if not isinstance(change.pending_task, Unchanged):
                prospect = replace(prospect, pending_task=change.pending_task)
            await tx.people.save([prospect])
            leads = {lead.id: lead for lead in await tx.leads.of_people([prospect.id])}
            await tx.calls.lock_open(list(leads))  # people, calls, leads: everybody locks in this order
            if not isinstance(change.status, Unchanged):
                leads[lead_id] = replace(leads[lead_id], status=change.status, updated_at=now)
                await tx.leads.put([leads[lead_id]])
            uncallable = [lead.id for lead in leads.values() if lead.status not in CALLABLE]
            planned = [c for c in await tx.calls.lock_open(uncallable) if c.state is CallState.PLANNED]
            await tx.calls.put([moved(call, Stopped(Gate.STATUS, None), now) for call in planned])
            await take_back(tx, uncallable, self.configuration, now, self.new_id)
            found = await tx.leads.contactables(list(leads), now)
            await rescore(tx, found, self.configuration, now)
            await plan_missing(tx, found, self.configuration, now, self.new_id)
