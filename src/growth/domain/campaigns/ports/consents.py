"""The stores of what allows and forbids calls."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.campaigns.entities.consents import Consent, ConsentId, KeptConsent
from growth.domain.campaigns.entities.do_not_call import CallList
from growth.domain.kernel.person import Email


class Consents(Protocol):
    async def add(self, consents: Sequence[Consent]) -> None: ...

    async def lock(self, id: ConsentId) -> Consent | None:
        """Lock and return a consent of somebody who was not erased."""
        ...

    async def save(self, consent: Consent) -> None: ...


class ConsentViews(Protocol):
    async def of(self, email: Email) -> Sequence[KeptConsent]:
        """Return what somebody has consented to, newest first; of somebody who was erased, the proofs that are left."""
        ...


class DoNotCall(Protocol):
    """Numbers are given in E.164, and stored and compared as keyed hashes."""

    async def put(self, to: CallList, numbers: Collection[str], at: datetime) -> int:
        """List the numbers, or confirm that they still are; return how many are new."""
        ...

    async def count(self, of: CallList) -> int: ...

    async def listed(self, on: CallList, numbers: Collection[str]) -> set[str]:
        """Return which of the numbers are on the list."""
        ...

    async def remove(self, from_: CallList, numbers: Collection[str]) -> int:
        """Take the numbers off the list; return how many were on it."""
        ...

    async def remove_unconfirmed(self, from_: CallList, before: datetime) -> int:
        """Take off the list what was not confirmed since then; return how many."""
        ...
