"""Telling partners of a referral, in the transaction of what happened to it."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.referrals import Referral
from growth.domain.referrals.ports.partners import PartnerWebhooks
from growth.domain.referrals.ports.stores import ReferralsTx

PARTNER_EVENT = "partner.event"


@dataclass(frozen=True, slots=True)
class Publishing:
    """The step, with what it needs beside its transaction."""

    partners: PartnerWebhooks
    new_id: NewId

    async def __call__(self, tx: ReferralsTx, event: ReferralEvent, referral: Referral, at: datetime) -> None:
        """Write one message for each subscriber; those about one referral reach him in their order."""
        for subscriber in self.partners.subscribers(referral.referring_partner):
            data = {
                "referral_id": str(referral.id),
                "status": referral.status,
                "country_code": referral.referred_country_code,
                "referring_partner": referral.referring_partner,
                "contract_ref": referral.referred_contract_ref,
            }
            body = {"type": event, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
            message = Message(
                id=MessageId(self.new_id()),
                vendor=f"partner.{subscriber}",
                kind=PARTNER_EVENT,
                subject=f"referral:{referral.id}:{subscriber}",
                payload={"subscriber": subscriber, "body": body},
            )
            await tx.outbox.add(message)
