"""The stores a prospects transaction may touch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.kernel.arrivals import Tombstones
from growth.domain.kernel.begin import Timed
from growth.domain.kernel.customers import User
from growth.domain.kernel.facts import Facts
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.inbox import Inbox
from growth.domain.kernel.messages import Outbox
from growth.domain.kernel.person import Email, Phone, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent
from growth.domain.prospects.entities.people import Asked, Met
from growth.domain.prospects.entities.requests import FlowId, SelfServeFlow
from growth.domain.prospects.ports.operator_settings import OperatorSettings
from growth.domain.prospects.ports.requests import Requests
from growth.domain.prospects.ports.sales_teams import Absences
from growth.domain.prospects.ports.unsubscribing import Readers


class People(Protocol):
    async def meet(self, asked: Sequence[Asked]) -> tuple[datetime, list[Met]]:
        """Return the time, and who each event is about, in the order of `asked`."""
        ...

    async def lock_known(self, emails: Collection[Email]) -> Mapping[Email, Prospect]:
        """Lock and return the prospects with these addresses, first or other, by the asked address."""
        ...

    async def lock_or_add(self, people: Sequence[Prospect]) -> Mapping[Email, Prospect]:
        """Lock the prospects with these addresses, adding those not known, and return them by the asked address."""
        ...

    async def fill_phones(self, phones: Mapping[ProspectId, Phone]) -> None:
        """Keep these numbers of people who have none."""
        ...

    async def find(self, email: Email) -> Prospect | None: ...

    async def lock(self, id: ProspectId) -> Prospect | None: ...

    async def save(self, people: Sequence[Prospect]) -> None: ...

    async def lock_addresses(self) -> None:
        """Wait until nobody else adds people or addresses: who adds another address of a person does so first."""
        ...

    async def add_addresses(self, id: ProspectId, emails: Collection[Email]) -> bool:
        """Add other addresses of a person; False when one of them is somebody else's."""
        ...

    async def addresses(self, id: ProspectId) -> tuple[Email, ...]: ...


class Events(Protocol):
    async def record(self, events: Sequence[ProspectEvent]) -> None:
        """Write new events. One that was told meanwhile breaks the transaction off, which is then done again."""
        ...

    async def record_nothing(self) -> None:
        """Take as long as `record`, and write nothing: nobody learns from the time whom we know."""
        ...

    async def add(self, events: Sequence[ProspectEvent]) -> None:
        """Write the events that are not there yet."""
        ...


class Flows(Protocol):
    async def get(self, id: FlowId) -> SelfServeFlow | None: ...

    async def lock_or_add(self, flow: SelfServeFlow) -> SelfServeFlow | None:
        """Lock and return the flow of this id; add this one, and return None, where there is none."""
        ...

    async def save(self, flow: SelfServeFlow) -> None: ...

    async def link(self, flow_id: str, prospect_id: ProspectId) -> bool:
        """Make the flow this person's, without another's data in it; False when there is no such flow."""
        ...


class Users(Protocol):
    async def get(self, id: UserId) -> User | None: ...


class ProspectsTx(Timed, Protocol):
    @property
    def readers(self) -> Readers: ...
    @property
    def people(self) -> People: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def events(self) -> Events: ...
    @property
    def flows(self) -> Flows: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def absences(self) -> Absences: ...
    @property
    def operator_settings(self) -> OperatorSettings: ...
    @property
    def users(self) -> Users: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def facts(self) -> Facts: ...
