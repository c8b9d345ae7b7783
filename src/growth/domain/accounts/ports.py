"""The stores an accounts transaction may touch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from growth.domain.accounts.entities import ContractInvoice, Employment
from growth.domain.kernel.arrivals import Tombstones
from growth.domain.kernel.begin import Timed
from growth.domain.kernel.customers import Contract, User
from growth.domain.kernel.facts import Facts
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.person import Email, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent


class Users(Protocol):
    async def lock(self, id: UserId, customer: str | None) -> User | None:
        """Lock the user, and the names by which payments know him: his own and this customer id."""
        ...

    async def get(self, id: UserId) -> User | None: ...

    async def save(self, user: User) -> bool:
        """Keep the user; False when another one has the customer id."""
        ...


class Contracts(Protocol):
    async def lock_or_add(self, contract: Contract) -> Contract | None:
        """Lock and return the contract as it is stored; None: this one was added."""
        ...

    async def save(self, contract: Contract) -> None: ...

    async def get(self, ref: ContractRef) -> Contract | None: ...

    async def put_invoice(self, invoice: ContractInvoice) -> None: ...


class Employments(Protocol):
    async def lock_or_add(self, employment: Employment) -> Employment | None:
        """Lock and return the employment as it is stored; None: this one was added."""
        ...

    async def save(self, employment: Employment) -> None: ...


class People(Protocol):
    async def lock_known(self, emails: Collection[Email]) -> Mapping[Email, Prospect]: ...

    async def lock_or_add(self, people: Sequence[Prospect]) -> Mapping[Email, Prospect]: ...


class Events(Protocol):
    async def add(self, events: Sequence[ProspectEvent]) -> None: ...


class AccountsTx(Timed, Protocol):
    @property
    def users(self) -> Users: ...
    @property
    def contracts(self) -> Contracts: ...
    @property
    def employments(self) -> Employments: ...
    @property
    def people(self) -> People: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def events(self) -> Events: ...
    @property
    def facts(self) -> Facts: ...
