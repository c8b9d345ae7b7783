"""Taking back from the dialer whom nobody may call any more."""

from collections.abc import Collection
from datetime import datetime

from growth.domain.campaigns.business_rules.gates import forbidden
from growth.domain.campaigns.entities.configuration import Configuration, DialerKind
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId


async def take_back(
    tx: CampaignsTx, leads: Collection[LeadId], configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Order that these leads are called no more, where the dialer has them and their calls are not allowed.

    Those that were called, too: the dialer tries again by itself as long as the slot lasts. What comes of a call under
    way counts. The call ends with its run.
    """
    handed = {it.call.lead_id: it for it in await tx.calls.lock_handed_over(leads, now)} if leads else {}
    dialers = {campaign.dialer_campaign_id: campaign.dialer for campaign in configuration.campaigns}
    for who in await tx.leads.contactables(list(handed), now) if handed else ():
        it = handed[who.lead.id]
        at = max(now, it.call.slot_start)
        if forbidden(who, at, configuration.law, agreed_at=it.call.callback_at):
            await tx.outbox.add(
                Message(
                    id=MessageId(new_id()),
                    vendor=dialers.get(it.dialer_campaign_id, DialerKind.DIABOLOCOM),
                    kind="dialer.take_back",
                    subject=f"dialer:{it.dialer_campaign_id}",
                    payload={
                        "dialer_campaign_id": it.dialer_campaign_id,
                        "lead": str(who.lead.id),
                        "at": now.isoformat(),
                    },
                    not_after=it.call.slot_end,
                )
            )
