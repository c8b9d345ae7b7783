"""Take a lead back from the dialer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.kernel.messages import Delivery, TryLater

SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Deliver the message `dialer.take_back`. To say it again does no harm, so a lost answer may be.

    A batch of the campaign that is still to come is judged anew when it goes out.
    """

    dialer: Dialer

    async def __call__(self, delivery: Delivery) -> None:
        payload = delivery.message.payload
        campaign, lead = int(str(payload["dialer_campaign_id"])), LeadId(UUID(str(payload["lead"])))
        token = await self.dialer.take_back(campaign, lead, datetime.fromisoformat(str(payload["at"])))
        progress = await self.dialer.progress(token)
        if not progress.finished:
            raise TryLater("the dialer is taking a lead back", after=SOON, waiting=True)
        if progress.failed:
            raise TryLater("the dialer has not taken a lead back")
