"""Telling partners of a referral, in the transaction of what happened to it."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import MessageId
from growth.domain.kernel.partner_events import PartnerEvent, event_to_publish
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.referrals import Referral
from growth.domain.referrals.ports.partners import PartnerWebhooks
from growth.domain.referrals.ports.stores import ReferralsTx


@dataclass(frozen=True, slots=True)
class Publishing:
    """The step, with what it needs beside its transaction."""

    partners: PartnerWebhooks
    new_id: NewId

    async def __call__(self, tx: ReferralsTx, event: ReferralEvent, referral: Referral, at: datetime) -> None:
        """Write one message for each subscriber; those about one referral reach him in their order."""
        data = {
            "referral_id": str(referral.id),
            "status": referral.status,
            "country_code": referral.referred_country_code,
            "referring_partner": referral.referring_partner,
            "contract_ref": referral.referred_contract_ref,
        }
        told = PartnerEvent(event, f"referral:{referral.id}", at, data)
        for subscriber in self.partners.subscribers(referral.referring_partner):
            await tx.outbox.add(event_to_publish(told, subscriber, MessageId(self.new_id())))
