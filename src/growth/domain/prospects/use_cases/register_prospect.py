"""A person is registered, or registered again."""

from dataclasses import dataclass, replace

from growth.domain.kernel.arrivals import arrival_of, meet
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId, ProspectId
from growth.domain.kernel.person import Prospect, newcomer, parse_phone, registered
from growth.domain.prospects.entities.people import AddressTaken, Person, Registration, UnknownFlow
from growth.domain.prospects.ports.stores import ProspectsTx


@dataclass(frozen=True, slots=True)
class RegisterProspect:
    """Find the person by address or make a prospect; what is newly told replaces what is stored.

    Returns the person, and whether she is new. Raises `AddressTaken`, `UnknownFlow`.
    """

    begin: Begin[ProspectsTx]
    new_id: NewId

    async def __call__(self, told: Registration) -> tuple[Person, bool]:
        async with self.begin() as tx:
            if told.secondary_emails:
                await tx.people.lock_addresses()
            now = await tx.now()
            new = newcomer(ProspectId(self.new_id()), told.email, told.country_code, now)
            stored = (await meet(tx, [(new, arrival_of(new, told.phone, now))], now)).people[told.email]
            person = _after(stored, told)
            if person != stored:
                await tx.people.save([person])
            if not await tx.people.add_addresses(person.id, told.secondary_emails):
                raise AddressTaken
            if told.self_serve_flow_id and not await tx.flows.link(told.self_serve_flow_id, person.id):
                raise UnknownFlow
            return Person(person, await tx.people.addresses(person.id)), stored.id == new.id


def _after(stored: Prospect, told: Registration) -> Prospect:
    country = told.country_code or stored.country_code
    person = registered(stored, parse_phone(told.phone, country), None, None)
    return replace(
        person,
        country_code=country,
        company_id=told.company_id or person.company_id,
        user_id=told.user_id or person.user_id,
        attribution_survey_response=told.attribution_survey_response or person.attribution_survey_response,
    )
