"""A dialer tells what became of a call."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.ports.call_news import ReadCallNews
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState, handle_kept
from growth.domain.kernel.messages import Delivery


@dataclass(frozen=True, slots=True)
class TakeCallNews:
    """Record it as a polled result is: once, be it told by both. One of no call of ours is kept and shown as such."""

    begin: Begin[CampaignsTx]
    configuration: Configuration
    read: ReadCallNews
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await handle_kept(tx, delivery, self._hear)

    async def _hear(self, tx: CampaignsTx, event: InboxEvent, now: datetime) -> Heard:
        news = self.read(event)
        if news is None:
            return InboxState.IGNORED, "type"
        recording = Recording(self.configuration, self.new_id)
        await recording.results(tx, news.dialer_campaign_id, [news.contact], now)
        return InboxState.HANDLED, None
