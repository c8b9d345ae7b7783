"""Taking people back from the dialer: whom nobody may call any more, and who has another number meanwhile."""

from collections.abc import Collection, Iterable
from datetime import datetime

from growth.domain.campaigns.business_rules.gates import forbidden
from growth.domain.campaigns.entities.calls import HandedOver
from growth.domain.campaigns.entities.configuration import Configuration, DialerKind
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId


async def take_back_forbidden(
    tx: CampaignsTx, leads: Collection[LeadId], configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Order that these leads are called no more, where the dialer has them and their calls are not allowed.

    Those that were called, too: the dialer tries again by itself as long as the slot lasts. What comes of a call under
    way counts. The call ends with its run.
    """
    handed = {it.call.lead_id: it for it in await tx.calls.lock_handed_over(leads, now)} if leads else {}
    refused = [
        it
        for who in (await tx.leads.contactables(list(handed), now) if handed else ())
        for it in (handed[who.lead.id],)
        if forbidden(who, max(now, it.call.slot_start), configuration.law, agreed_at=it.call.callback_at)
    ]
    await _order(tx, refused, configuration, now, new_id)


async def take_back_old_numbers(
    tx: CampaignsTx, leads: Collection[LeadId], configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    """Order that these leads are not called at the number the dialer has: there is another one now.

    Whoever was not called by the end of the slot comes into the next one, with the new number.
    """
    handed = await tx.calls.lock_handed_over(leads, now) if leads else ()
    await _order(tx, handed, configuration, now, new_id)


async def _order(
    tx: CampaignsTx, handed: Iterable[HandedOver], configuration: Configuration, now: datetime, new_id: NewId
) -> None:
    dialers = {campaign.dialer_campaign_id: campaign.dialer for campaign in configuration.campaigns}
    for it in handed:
        await tx.outbox.add(
            Message(
                id=MessageId(new_id()),
                vendor=dialers.get(it.dialer_campaign_id, DialerKind.DIABOLOCOM),
                kind="dialer.take_back",
                subject=f"dialer:{it.dialer_campaign_id}",
                payload={
                    "dialer_campaign_id": it.dialer_campaign_id,
                    "lead": str(it.call.lead_id),
                    "at": now.isoformat(),
                },
                not_after=it.call.slot_end,
            )
        )
