"""What a payment provider tells, and everything that follows from it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState, handle_kept
from growth.domain.kernel.messages import Delivery
from growth.domain.referrals.entities.payment_news import PaymentNews
from growth.domain.referrals.ports.news import ReadNews
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.hearing import Hearing, names_of


@dataclass(frozen=True, slots=True)
class TakePaymentNews:
    """Keep the event and do what it says, together or not at all; one that was settled before changes nothing."""

    begin: Begin[ReferralsTx]
    hear: Hearing

    async def __call__(self, event: InboxEvent, news: Sequence[PaymentNews]) -> None:
        names = {name for item in news for name in names_of(item)}
        async with self.begin() as tx:
            now = await tx.payments.open(event, names)
            if now is None:
                return
            state, reason = await self.hear(tx, event, news, now)
            if reason or state is not InboxState.HANDLED:
                await tx.payments.close(event, state, reason)


@dataclass(frozen=True, slots=True)
class HandleKeptPaymentEvent:
    """Handle a kept event again, when an operator has it replayed."""

    begin: Begin[ReferralsTx]
    read: ReadNews
    hear: Hearing

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await handle_kept(tx, delivery, self._read_and_hear)

    async def _read_and_hear(self, tx: ReferralsTx, event: InboxEvent, now: datetime) -> Heard:
        news = self.read(event.body, event.received_at or now)
        await tx.payments.lock_names({name for item in news for name in names_of(item)})
        return await self.hear(tx, event, news, now)
