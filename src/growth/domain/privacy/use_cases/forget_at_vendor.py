"""A vendor is told to forget somebody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.facts import PersonBack
from growth.domain.kernel.messages import LAST_ATTEMPT, Delivery, GiveUp, TryLater
from growth.domain.privacy.business_rules.sealing import read, without
from growth.domain.privacy.entities import ErasureId, ErasureReport, ErasureState, Subject, Traces, VendorState
from growth.domain.privacy.ports import Alarm, PrivacyTx, Sealed, Sealing, VendorErasure
from growth.domain.privacy.steps.erasing import added


@dataclass(frozen=True, slots=True)
class ForgetAtVendor:
    """Deliver the message `erasure.vendor`: have the vendor forget, then write down that it has.

    With the last confirmation the key that opens the addresses is destroyed, and they with it. A vendor that refuses,
    or cannot be reached for days, is for an operator to see to, who then has the message sent again.
    """

    begin: Begin[PrivacyTx]
    vendors: Mapping[str, VendorErasure]
    sealing: Sealing
    alarm: Alarm

    async def __call__(self, delivery: Delivery) -> None:
        vendor = str(delivery.message.payload["vendor"])
        subject = await self._subject(delivery, vendor)
        if subject is None:
            return
        try:
            await self._erase(vendor, subject)
        except GiveUp:
            await self._alarm(delivery, vendor)
            raise
        except TryLater as failure:
            if not failure.waiting and delivery.attempt >= LAST_ATTEMPT:
                await self._alarm(delivery, vendor)
            raise
        await self._confirm(delivery, vendor, subject)

    async def _erase(self, vendor: str, subject: Subject) -> None:
        if vendor not in self.vendors:
            raise GiveUp("Nobody is set up to tell this vendor: put its adapter back, and send the message again.")
        await self.vendors[vendor].erase(subject)

    async def _subject(self, delivery: Delivery, vendor: str) -> Subject | None:
        """Return who is to be forgotten; None: the vendor has confirmed already."""
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            report = await tx.erasures.lock(_id(delivery))
            subject = self._opened(report)
            if subject is None or report is None or report.vendors.get(vendor) is VendorState.CONFIRMED:
                return None
            back = await tx.tombstones.lifted(subject.emails)
            return without(subject, back | await tx.subjects.customers(subject.emails))

    def _opened(self, report: ErasureReport | None) -> Subject | None:
        erasure = report.erasure if report else None
        if erasure is None or erasure.subject is None or erasure.key is None:
            return None
        return read(self.sealing.open(Sealed(erasure.subject, erasure.key)))

    async def _confirm(self, delivery: Delivery, vendor: str, subject: Subject) -> None:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            await _let_back(tx, subject)
            report = await tx.erasures.lock(_id(delivery))
            await tx.erasures.set_vendor(_id(delivery), vendor, VendorState.CONFIRMED, now)
            if report is None or any(
                state is not VendorState.CONFIRMED for name, state in report.vendors.items() if name != vendor
            ):
                return
            # Once more, for what was being written while the erasure was committed.
            late = await tx.subjects.empty_texts(Traces((*subject.emails, *subject.in_use), subject.phones), now)
            complete = replace(report.erasure, state=ErasureState.COMPLETE, completed_at=now, subject=None, key=None)
            await tx.erasures.save(replace(complete, counts=added(report.erasure.counts, late)))

    async def _alarm(self, delivery: Delivery, vendor: str) -> None:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            await tx.erasures.set_vendor(_id(delivery), vendor, VendorState.ALARMED, await tx.now())
        self.alarm(_id(delivery), vendor)


async def _let_back(tx: PrivacyTx, subject: Subject) -> None:
    """Let somebody be known to vendors again who came back while they were being told to forget her."""
    for email in sorted(await tx.tombstones.lifted(subject.emails)):
        person = await tx.subjects.lock(email)
        if person and person.prospect_id:
            await tx.facts.tell(PersonBack(person.prospect_id))


def _id(delivery: Delivery) -> ErasureId:
    return ErasureId(UUID(str(delivery.message.payload["erasure_id"])))
