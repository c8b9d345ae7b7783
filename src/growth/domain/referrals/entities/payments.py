"""Payments as we keep them, and what can take them back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.referrals import Referral


@dataclass(frozen=True, slots=True)
class Payment:
    """A positive payment. `external_id`: the provider's. `user_id`: None while nobody is known to have made it."""

    id: UUID
    source: str
    external_id: str
    user_id: UserId | None
    customer_id: str | None
    named_user_id: UserId | None
    subscription_id: str | None
    amount: int
    currency: str
    paid_at: datetime
    received_at: datetime


class SetbackKind(StrEnum):
    CHARGE = "charge"  # so much of a charge is refunded in all
    REFUND = "refund"
    DISPUTE = "dispute"


class SetbackState(StrEnum):
    OPEN = "open"  # a dispute that is not decided
    DONE = "done"  # the money is back with the payer, or on its way to him
    VOID = "void"  # a refund that failed, a dispute that was won


@dataclass(frozen=True, slots=True)
class Setback:
    """One thing that can take a payment back, as it was told last. `happened_at`: when it was made."""

    id: str
    kind: SetbackKind
    state: SetbackState
    amount: int
    happened_at: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment with all that is known to touch it.

    `links`: the setbacks of each charge and payment intent that made it; one setback may come by several.
    """

    payment: Payment
    links: tuple[tuple[Setback, ...], ...]

    @property
    def setbacks(self) -> tuple[Setback, ...]:
        return tuple({setback.id: setback for link in self.links for setback in link}.values())


@dataclass(frozen=True, slots=True)
class Case:
    """All that decides about the credit of a referral: itself, and every payment of the referred user."""

    referral: Referral
    payments: tuple[Paid, ...]


@dataclass(frozen=True, slots=True)
class UnmatchedPayment:
    """A payment of nobody we know."""

    id: UUID
    source: str
    external_id: str
    amount: int
    currency: str
    paid_at: datetime
    received_at: datetime
