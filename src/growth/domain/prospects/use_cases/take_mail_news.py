"""What the mailer tells, and what follows from it, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.inbox import Heard, InboxEvent, handle_kept
from growth.domain.kernel.messages import Delivery
from growth.domain.prospects.entities.mail_news import MailNews
from growth.domain.prospects.ports.mail_news import ReadMailNews
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.steps.hearing_mails import HearingMails


@dataclass(frozen=True, slots=True)
class TakeMailNews:
    """Keep the event and do what it says, together or not at all; one that was settled before changes nothing."""

    begin: Begin[ProspectsTx]
    hear: HearingMails

    async def __call__(self, event: InboxEvent, news: MailNews) -> None:
        async with self.begin() as tx:
            if await tx.inbox.add(event) or await tx.inbox.lock_unsettled(event.source, event.event_id):
                now = await tx.now()
                state, reason = await self.hear(tx, event, news, now)
                await tx.inbox.settle(event.source, event.event_id, state, reason, now)


@dataclass(frozen=True, slots=True)
class HandleKeptMailEvent:
    """Handle a kept event again, when an operator has it replayed."""

    begin: Begin[ProspectsTx]
    read: ReadMailNews
    hear: HearingMails

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await handle_kept(tx, delivery, self._read_and_hear)

    async def _read_and_hear(self, tx: ProspectsTx, event: InboxEvent, now: datetime) -> Heard:
        return await self.hear(tx, event, self.read(event.body), now)
