"""Tell a subscriber what happened to a referral."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from growth.domain.kernel.messages import Delivery
from growth.domain.referrals.ports.partners import PartnerWebhooks


@dataclass(frozen=True, slots=True)
class TellPartner:
    """Deliver one event to the `subscriber` in the payload. Each attempt sends the same id and the same `body`."""

    partners: PartnerWebhooks

    async def __call__(self, delivery: Delivery) -> None:
        message = delivery.message
        body = cast("Mapping[str, object]", message.payload["body"])
        await self.partners.send(str(message.payload["subscriber"]), str(message.id), body)
