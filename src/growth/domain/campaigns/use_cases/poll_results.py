"""Read results from the dialer: ask for it by a message, and deliver that message."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from growth.domain.campaigns.entities.configuration import Configuration, DialerKind
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Delivery, Message, MessageId, TryLater
from growth.domain.kernel.ticks import Tick

MOST_PAGES = 1_000
POLL_EVERY = timedelta(minutes=1)
# Changes are read again for as long as the dialer may show one late; each is recorded once all the same.
OVERLAP = timedelta(minutes=5)
_POLL = UUID("018f2b1e-7c4f-7000-8000-706f6c6c0000")


@dataclass(frozen=True, slots=True)
class RequestResults:
    """Order one reading per dialer campaign that is in use, for the tick."""

    begin: Begin[CampaignsTx]
    configuration: Configuration

    async def __call__(self, tick: Tick) -> None:
        async with self.begin() as tx:
            if not await tx.ticks.first_time(tick):
                return
            dialers = {c.dialer_campaign_id: c.dialer for c in self.configuration.campaigns}
            for campaign, dialer in sorted(dialers.items()):
                if await tx.runs.watermark(campaign) is not None:
                    await tx.outbox.add(_message(campaign, dialer, tick.due_at))


def _message(dialer_campaign: int, dialer: DialerKind, at: datetime) -> Message:
    return Message(
        id=MessageId(uuid5(_POLL, f"{dialer_campaign} {at.isoformat()}")),
        vendor=dialer,
        kind="dialer.poll",
        subject=f"dialer-results:{dialer_campaign}",
        payload={"dialer_campaign_id": dialer_campaign},
        not_after=at + 2 * POLL_EVERY,
    )


@dataclass(frozen=True, slots=True)
class PollResults:
    """Deliver the message `dialer.poll`: record all that changed since the watermark, page by page."""

    begin: Begin[CampaignsTx]
    dialer: Dialer
    configuration: Configuration
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        campaign = int(str(delivery.message.payload["dialer_campaign_id"]))
        recording = Recording(self.configuration, self.new_id)
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            started = await tx.now()
            since = await tx.runs.watermark(campaign)
        page: str | None = None
        for _ in range(MOST_PAGES):
            contacts, page = await self.dialer.changed(campaign, (since or started) - OVERLAP, page)
            async with self.begin() as tx:
                await tx.outbox.hold(delivery)
                await recording.results(tx, campaign, contacts, await tx.now())
                if page is None:
                    await tx.runs.set_watermark(campaign, started)
                    return
        raise TryLater(f"the dialer has more than {MOST_PAGES} pages of changes, or repeats them")
