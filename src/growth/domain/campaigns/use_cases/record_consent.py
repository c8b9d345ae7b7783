"""Somebody agrees to be called."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from growth.domain.campaigns.business_rules.consenting import check, given
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.consents import ConsentId, ToldConsent
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.replanning import replan_person
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import NewId, ProspectId
from growth.domain.kernel.messages import Delivery, Message, MessageId
from growth.domain.kernel.person import Email

GIVEN: Final = "consent.given"


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """Keep a consent, and plan the calls that it makes possible.

    A consent registers nobody: of an address that nobody has, nothing is kept, neither does it bring back who was
    erased. It is answered as if it were somebody's, and where the caller is not one of our own programs (`at_once`
    False) the planning follows by message, so that the time of the answer does not tell either.
    Raises `BadConsent`.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(
        self, email: Email, told: ToldConsent, country: Country | None = None, *, at_once: bool
    ) -> ConsentId:
        id_ = ConsentId(self.new_id())
        async with self.begin() as tx:
            now = await tx.now()
            check(told, now)
            person = (await tx.people.lock_known({email})).get(email)
            if person is None:
                await tx.events.record_nothing()
                return id_
            if person.country_code is None and country:
                await tx.people.save([replace(person, country_code=country)])
            await tx.consents.add([given(told, id_, person.id, now)])
            if at_once:
                await replan_person(tx, person.id, self.configuration, now, self.new_id)
            else:
                await tx.outbox.add(self._message(person.id))
        return id_

    def _message(self, person: ProspectId) -> Message:
        return Message(
            MessageId(self.new_id()), "growth", GIVEN, f"prospect:{person}:calls", {"prospect_id": str(person)}
        )


@dataclass(frozen=True, slots=True)
class ReplanPerson:
    """Deliver the message `consent.given`: plan calls for the leads of the person that have none."""

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            person = await tx.people.lock(ProspectId(UUID(str(delivery.message.payload["prospect_id"]))))
            if person:
                await replan_person(tx, person.id, self.configuration, now, self.new_id)
