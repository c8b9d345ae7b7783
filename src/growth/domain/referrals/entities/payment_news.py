"""What a payment provider tells us, in our words. Times are the provider's; amounts in the currency's smallest unit."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from growth.domain.kernel.ids import UserId


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # failed, or canceled: the money stays with us


class DisputeState(StrEnum):
    OPEN = "open"
    WON = "won"  # won, or closed without loss
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class PaymentMade:
    """A positive amount was paid. `external_id`: the provider's id of the invoice, the identity of the payment.

    `references`: ids of charges and payment intents that paid it, where told. `named_user_id`: whom the metadata of the
    invoice or its subscription names.
    """

    external_id: str
    customer_id: str | None
    named_user_id: UserId | None
    subscription_id: str | None
    amount: int
    currency: str
    paid_at: datetime
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerLinked:
    """A checkout says who a customer is: metadata's `user_id`, else `client_reference_id`.

    `references`: further ids by which a payment of this checkout may be known (subscription, invoice).
    """

    customer_id: str | None
    user_id: UserId
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChargeLinked:
    """The charges or payment intents `references` paid the invoice `external_id`."""

    external_id: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChargeRefunded:
    """In all so much of a charge is refunded, as of `at`. `references`: the charge's id and its payment intent's."""

    charge_id: str
    references: tuple[str, ...]
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundTold:
    """The state of one refund as of `at`; `refunded_at`: when it was made."""

    refund_id: str
    references: tuple[str, ...]
    amount: int
    state: RefundState
    refunded_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class DisputeTold:
    """The state of one dispute as of `at`."""

    dispute_id: str
    references: tuple[str, ...]
    amount: int
    state: DisputeState
    at: datetime


@dataclass(frozen=True, slots=True)
class FingerprintSeen:
    """A customer paid with this instrument: the provider's fingerprint of the card or bank account."""

    customer_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class NoNews:
    """Nothing that we act on. `reason`: a stable code, like `unknown_type` or `not_positive`."""

    reason: str


PaymentNews = (
    PaymentMade | CustomerLinked | ChargeLinked | ChargeRefunded | RefundTold | DisputeTold | FingerprintSeen | NoNews
)
