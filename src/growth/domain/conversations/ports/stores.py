"""The stores a conversations transaction may touch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.conversations.entities.conversations import ContactId, ConversationId
from growth.domain.conversations.entities.duplicates import Acquaintance, Sighting
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.inbox import HandlerTx
from growth.domain.kernel.person import Email, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent


class People(Protocol):
    async def lock_known(self, emails: Collection[Email]) -> Mapping[Email, Prospect]:
        """Lock and return the prospects with these addresses, first or other, by the asked address."""
        ...

    async def lock(self, id: ProspectId) -> Prospect | None: ...


class Events(Protocol):
    async def add(self, events: Sequence[ProspectEvent]) -> None:
        """Write the events that are not there yet."""
        ...


class Tombstones(Protocol):
    async def erased_since(self, email: Email, at: datetime) -> bool:
        """Tell whether somebody with this address was erased at or after that time, be she back or not."""
        ...


class Conversations(Protocol):
    async def see(self, sighting: Sighting) -> None:
        """Keep the newest of what was told of a conversation; its note is left as it is.

        Whose it is may be learned from an older telling, too, and is not forgotten by one that does not say.
        """
        ...

    async def lock(self, country: Country, id: ConversationId) -> Sighting | None: ...

    async def save_note(self, country: Country, id: ConversationId, noted: Sequence[str], at: datetime) -> None: ...


class ConversationsTx(HandlerTx, Protocol):
    @property
    def people(self) -> People: ...
    @property
    def events(self) -> Events: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def conversations(self) -> Conversations: ...


class Acquaintances(Protocol):
    """Who belongs together; and what we have seen of their conversations. Outside of any transaction."""

    async def of_prospect(self, id: ProspectId) -> Acquaintance | None: ...

    async def of_user(self, id: UserId) -> Acquaintance | None: ...

    async def of_email(self, email: Email) -> Acquaintance | None: ...

    async def prospect_emails_of(self, id: UserId) -> Sequence[Email]:
        """Return those addresses of a user that prospects have as well."""
        ...

    async def seen(
        self, country: Country, people: Collection[ProspectId], contacts: Collection[ContactId]
    ) -> Sequence[Sighting]:
        """Return what we have seen of conversations of these people or contacts."""
        ...
