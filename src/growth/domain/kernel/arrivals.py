"""People who come. Who was erased comes back by an act of her own after it, never by what is told of her again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from growth.domain.kernel.begin import Timed
from growth.domain.kernel.facts import Facts, PersonBack
from growth.domain.kernel.person import Email, Prospect, parse_phone


@dataclass(frozen=True, slots=True)
class Arrival:
    """By what somebody comes whom we may not know.

    `acted_at`: when she did it herself; None: others tell of her, as an import does. `told_as`: the caller and the id
    of the message that tells it, where it has one.
    """

    email: Email
    phone: str | None
    acted_at: datetime | None
    told_as: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is left of somebody who was erased, to be known again by.

    `erased_at`: of the newest tombstone that stands for the address or the number, None where none does. `no_mails`:
    she had unsubscribed, which holds though the tombstone is lifted. `told`: this message was hers before it.
    """

    erased_at: datetime | None
    no_mails: bool
    told: bool


def may_come(arrival: Arrival, memory: Memory) -> bool:
    """Tell whether somebody unknown becomes a prospect by this."""
    if memory.told:
        return False
    return memory.erased_at is None or (arrival.acted_at is not None and arrival.acted_at > memory.erased_at)


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody who may come. `person`: who she will be, unless somebody else has added her meanwhile."""

    person: Prospect
    arrival: Arrival
    memory: Memory


class People(Protocol):
    async def lock_known(self, emails: Collection[Email]) -> Mapping[Email, Prospect]:
        """Lock and return the prospects with these addresses, first or other, by the asked address."""
        ...

    async def lock_or_add(self, people: Sequence[Prospect]) -> Mapping[Email, Prospect]:
        """Lock the prospects with these addresses, adding those not known, and return them by the asked address."""
        ...


class Tombstones(Protocol):
    async def remembered(self, arrivals: Sequence[Arrival]) -> list[Memory]:
        """Return what is remembered, in the order of the arrivals."""
        ...

    async def lift(self, arrivals: Sequence[Arrival], at: datetime) -> None:
        """Let the tombstones of these addresses and numbers stand no longer."""
        ...


class ArrivalsTx(Timed, Protocol):
    @property
    def people(self) -> People: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def facts(self) -> Facts: ...


def arrival_of(person: Prospect, phone: str | None, acted_at: datetime | None) -> Arrival:
    """Return how a person comes with a number as it was typed."""
    dialled = parse_phone(phone, person.country_code)
    return Arrival(person.email, dialled.number if dialled else None, acted_at)


async def admit(tx: ArrivalsTx, comers: Sequence[Comer], at: datetime) -> Mapping[Email, Prospect]:
    """Add people who may come and lock them; lift the tombstones of those who came back, and tell that they did."""
    coming: dict[Email, Prospect] = {}
    for it in comers:
        person = coming.get(it.person.email, it.person)
        wants = person.has_opted_in_to_commercial_emails and not it.memory.no_mails
        coming[person.email] = replace(person, has_opted_in_to_commercial_emails=wants)
    people = await tx.people.lock_or_add(list(coming.values())) if coming else {}
    back = [it for it in comers if it.memory.erased_at is not None]
    if back:
        await tx.tombstones.lift([it.arrival for it in back], at)
        for id_ in sorted({people[it.person.email].id for it in back}):
            await tx.facts.tell(PersonBack(id_))
    return people


@dataclass(frozen=True, slots=True)
class Arrived:
    """`people` by address: those known, and those who came; `barred`: arrivals, by number, that bring nobody back."""

    people: Mapping[Email, Prospect]
    barred: frozenset[int]


async def meet(tx: ArrivalsTx, arriving: Sequence[tuple[Prospect, Arrival]], at: datetime) -> Arrived:
    """Lock whoever is known and add whoever may come. Each arrival has the person who would be added for it."""
    known = await tx.people.lock_known({person.email for person, _ in arriving})
    strangers = [(number, *it) for number, it in enumerate(arriving) if it[0].email not in known]
    if not strangers:
        return Arrived(known, frozenset())
    memories = await tx.tombstones.remembered([arrival for _, _, arrival in strangers])
    asked = list(zip(strangers, memories, strict=True))
    comers = [Comer(person, arrival, it) for (_, person, arrival), it in asked if may_come(arrival, it)]
    barred = frozenset(number for (number, _, arrival), it in asked if not may_come(arrival, it))
    return Arrived({**known, **await admit(tx, comers, at)}, barred)
