"""Taking back from the dialer whom nobody may call any more."""

from collections.abc import Collection
from datetime import datetime

from growth.domain.campaigns.business_rules.gates import forbidden
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId


async def take_back(
    tx: CampaignsTx, leads: Collection[LeadId], configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Order the deletion of these leads' contacts at the dialer, where the law does not allow their calls now.

    What is under way, or was called, stays: its result counts. The call ends with its run.
    """
    if not leads:
        return
    calls = {call.lead_id: call for call in await tx.calls.lock_open(leads) if call.state is CallState.INJECTED}
    by_name = {campaign.name: campaign for campaign in configuration.campaigns}
    for who in await tx.leads.contactables(list(calls), now) if calls else ():
        call = calls[who.lead.id]
        campaign = by_name.get(call.campaign)
        if campaign and forbidden(who, now, configuration.law, agreed_at=call.callback_at):
            await tx.outbox.add(
                Message(
                    id=MessageId(new_id()),
                    vendor=campaign.dialer,
                    kind="dialer.take_back",
                    subject=f"dialer:{campaign.dialer_campaign_id}",
                    payload={"dialer_campaign_id": campaign.dialer_campaign_id, "lead": str(who.lead.id)},
                    not_after=call.slot_end,
                )
            )
