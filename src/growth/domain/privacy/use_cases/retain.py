"""People from whom nothing has come for years are forgotten: ask for it daily, and carry it out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Delivery, Message, MessageId, TryLater
from growth.domain.kernel.person import Email
from growth.domain.kernel.ticks import Tick
from growth.domain.privacy.business_rules.retention import years_before
from growth.domain.privacy.entities import ErasureId, Retention
from growth.domain.privacy.ports import PrivacyTx
from growth.domain.privacy.steps.erasing import Erasing

AT_ONCE: Final = 100
BY: Final = "retention"
_SOON: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RequestRetention:
    """Order one round for the tick."""

    begin: Begin[PrivacyTx]
    new_id: NewId

    async def __call__(self, tick: Tick) -> None:
        async with self.begin() as tx:
            if await tx.ticks.first_time(tick):
                await tx.outbox.add(Message(MessageId(self.new_id()), "growth", "retention.carry_out", BY, {}))


@dataclass(frozen=True, slots=True)
class CarryOutRetention:
    """Deliver the message `retention.carry_out`: erase them one by one, each for good before the next."""

    begin: Begin[PrivacyTx]
    erase: Erasing
    retention: Retention
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            before = years_before(await tx.now(), self.retention.years)
            silent = await tx.subjects.silent_since(before, AT_ONCE)
        for email in silent:
            await self._erase(delivery, email, before)
        if len(silent) == AT_ONCE:
            raise TryLater("There are more people to forget.", after=_SOON, waiting=True)

    async def _erase(self, delivery: Delivery, email: Email, before: datetime) -> None:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            await tx.subjects.lock(email)
            if await tx.subjects.silent_since(before, 1, email):  # she may have come back just now
                await self.erase(tx, email, ErasureId(self.new_id()), BY)
