"""The daily job: the free month of every referral that has a contract and no reward yet."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ContractRef, NewId
from growth.domain.kernel.messages import Delivery, Message, MessageId
from growth.domain.kernel.ticks import Tick
from growth.domain.referrals.entities.referrals import ConsumeOutcome, ReferralId
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.free_months import FreeMonths

CONSUME = "referrals.consume"
_PAGE = 200


@dataclass(frozen=True, slots=True)
class ConsumeUnrewarded:
    """Consume every unrewarded referral of a country, each in a transaction of its own.

    Killed and started again, each is rewarded once: those that are done are not found any more.
    """

    begin: Begin[ReferralsTx]
    free_month: FreeMonths

    async def __call__(self, country: Country, contracts: Collection[ContractRef] = ()) -> Mapping[ConsumeOutcome, int]:
        """Return how many ended how."""
        outcomes: Counter[ConsumeOutcome] = Counter()
        after: ReferralId | None = None
        while page := await self._page(country, contracts, after):
            for referral_id in page:
                outcomes[await self._one(referral_id)] += 1
            after = page[-1]
        return outcomes

    async def _page(
        self, country: Country, contracts: Collection[ContractRef], after: ReferralId | None
    ) -> list[ReferralId]:
        async with self.begin() as tx:
            return await tx.referrals.unrewarded(country, contracts, after, _PAGE)

    async def _one(self, id: ReferralId) -> ConsumeOutcome:
        async with self.begin() as tx:
            return (await self.free_month(tx, id, None, await tx.now())).outcome


@dataclass(frozen=True, slots=True)
class RequestConsumption:
    """At the job's tick: one message for each country, which a worker carries out."""

    begin: Begin[ReferralsTx]
    new_id: NewId

    async def __call__(self, tick: Tick) -> None:
        async with self.begin() as tx:
            if not await tx.ticks.first_time(tick):
                return
            for country in Country:
                message = Message(
                    MessageId(self.new_id()), "referrals", CONSUME, f"referrals:{country}", {"country": country}
                )
                await tx.outbox.add(message)


@dataclass(frozen=True, slots=True)
class ConsumeCountry:
    """Handle one such message, a page of referrals after the other; what is left is taken up by the next attempt."""

    begin: Begin[ReferralsTx]
    free_month: FreeMonths

    async def __call__(self, delivery: Delivery) -> None:
        country = Country(str(delivery.message.payload["country"]))
        after: ReferralId | None = None
        while page := await self._page(delivery, country, after):
            for referral_id in page:
                async with self.begin() as tx:
                    await tx.outbox.hold(delivery)
                    await self.free_month(tx, referral_id, None, await tx.now())
            after = page[-1]

    async def _page(self, delivery: Delivery, country: Country, after: ReferralId | None) -> list[ReferralId]:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            return await tx.referrals.unrewarded(country, (), after, _PAGE)
