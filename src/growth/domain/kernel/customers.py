"""Customers, as the main application tells us of them: users and their contracts."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.month import Month
from growth.domain.kernel.person import Email


class RewardType(StrEnum):
    FR_INDIVIDUAL = "fr_individual"
    COMPANY = "company"
    BE_SMC = "be_smc"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account of the main application. `tier`: its word, or ours after a payment (terms).

    `replaced_by`: who took his place in the referral programme; what he pays and signs counts for that one.
    """

    id: UserId
    email: Email
    pro_email: Email | None
    company_email: Email | None
    full_name: str | None
    country_code: Country
    tier: str | None
    stripe_customer_id: str | None
    has_opted_in_to_commercial_emails: bool | None
    unsubscribe_digest: bytes | None
    created_at: datetime
    replaced_by: UserId | None = None

    @property
    def counts_for(self) -> UserId:
        """The user for whom this one's payments and contracts count: who took his place, or himself."""
        return self.replaced_by or self.id

    @property
    def emails(self) -> tuple[Email, ...]:
        return tuple(email for email in (self.email, self.pro_email, self.company_email) if email)


def token_digest(token: str) -> bytes:
    """Return the SHA-256 under which a user's unsubscribe token is kept; it is random and long enough for that."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Contract:
    """`free_months`: those that the main application says it has given; ours are discounts, beside them."""

    ref: ContractRef
    user_id: UserId
    country_code: Country
    reward_type: RewardType
    signed_at: datetime | None
    start_date: date
    end_date: date | None
    free_months: tuple[Month, ...]
