"""What privacy needs from outside: its stores, something to seal with, and vendors who forget."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from growth.domain.kernel.begin import Timed
from growth.domain.kernel.facts import Facts
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.messages import Outbox
from growth.domain.kernel.person import Email
from growth.domain.kernel.ticks import Ticks
from growth.domain.privacy.entities import (
    DialerTrace,
    Erasure,
    ErasureId,
    ErasureReport,
    Found,
    Subject,
    Traces,
    VendorState,
)

Counts = Mapping[str, int]
"""How many of each kind."""


@dataclass(frozen=True, slots=True)
class Sealed:
    content: bytes
    key: bytes


class Sealing(Protocol):
    def seal(self, content: bytes) -> Sealed:
        """Encrypt under a new key. Without the key nobody can read it any more."""
        ...

    def open(self, sealed: Sealed) -> bytes: ...


class VendorErasure(Protocol):
    async def erase(self, subject: Subject) -> None:
        """Have the vendor delete somebody and keep nothing of her from then on. It may be asked again.

        A clean return means that the vendor has said so. Raises `TryLater` or `GiveUp`.
        """
        ...


class Alarm(Protocol):
    def __call__(self, id: ErasureId, vendor: str) -> None:
        """Have an operator see to a vendor that does not forget somebody."""
        ...


class Tombstones(Protocol):
    async def put(self, traces: Traces, at: datetime, *, no_mails: bool, no_calls: bool) -> None:
        """Let them stand from now on, for addresses and numbers. An opt-out of before stays in force."""
        ...

    async def lifted(self, emails: Collection[Email]) -> set[Email]:
        """Return the addresses of people who came back."""
        ...

    async def bury_events(self, id: ProspectId, at: datetime) -> int:
        """Remove somebody's events, and remember by hashes under which ids they were sent; return how many."""
        ...

    async def bury_consents(self, id: ProspectId, traces: Traces, at: datetime) -> int:
        """Leave of somebody's consents only what proves them, for three years after they ended; return how many.

        That is a keyed hash of the first address, purpose, channel, wording and times.
        """
        ...


class Subjects(Protocol):
    async def lock(self, email: Email) -> Found | None:
        """Find somebody by any of her addresses, and let nobody write of her until the end of the transaction."""
        ...

    async def dialer_traces(self, id: ProspectId) -> tuple[tuple[DialerTrace, ...], bool]:
        """Return where the dialer may have her; and whether something may be on its way there at this moment."""
        ...

    async def speech_traces(self, id: ProspectId) -> tuple[tuple[UUID, ...], bool]:
        """Return her calls that the speech vendor may have; and whether one may be on its way there at this moment."""
        ...

    async def remove(self, id: ProspectId, at: datetime) -> Counts:
        """Remove a person and all that is hers but her events. What is counted elsewhere stays without her."""
        ...

    async def empty_texts(self, traces: Traces, at: datetime) -> Counts:
        """Take out what others sent and what we answered or will send that holds one of the traces."""
        ...

    async def customers(self, emails: Collection[Email]) -> set[Email]:
        """Return those addresses that users have."""
        ...

    async def silent_since(self, before: datetime, limit: int, only: Email | None = None) -> Sequence[Email]:
        """Return addresses of people, no customers, from whom nothing came since; `only`: whether this is one."""
        ...


class Erasures(Protocol):
    async def add(self, erasure: Erasure, vendors: Collection[str]) -> None: ...

    async def lock(self, id: ErasureId) -> ErasureReport | None: ...

    async def save(self, erasure: Erasure) -> None: ...

    async def set_vendor(self, id: ErasureId, vendor: str, state: VendorState, at: datetime) -> None: ...


class PrivacyTx(Timed, Protocol):
    @property
    def erasures(self) -> Erasures: ...
    @property
    def subjects(self) -> Subjects: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def ticks(self) -> Ticks: ...
    @property
    def facts(self) -> Facts: ...


class ErasureViews(Protocol):
    async def get(self, id: ErasureId) -> ErasureReport | None: ...
