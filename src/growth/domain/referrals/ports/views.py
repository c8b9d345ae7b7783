"""What is read of referrals, without a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.referrals.entities.codes import ReferralCode
from growth.domain.referrals.entities.ledger import Entry, LedgerCheck, Liability
from growth.domain.referrals.entities.payments import Paid, UnmatchedPayment
from growth.domain.referrals.entities.profiles import ProfileView, Referrer
from growth.domain.referrals.entities.referrals import Discount, Referral, ReferralId, ReferralStatus
from growth.domain.referrals.entities.rewards import RewardAmount


@dataclass(frozen=True, slots=True)
class ReferralFilter:
    """What is None or empty does not narrow. `unrewarded`: has a contract, no discount and no reward."""

    country_code: Country | None = None
    contract_refs: Sequence[ContractRef] = ()
    referred_user_id: UserId | None = None
    referring_user_id: UserId | None = None
    status: ReferralStatus | None = None
    unrewarded: bool = False


@dataclass(frozen=True, slots=True)
class ConvertedBy:
    """The first payment of the referred user. `external_id`: the provider's, of the invoice."""

    source: str
    external_id: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class ReferralView:
    """`referrer_name`: the referring user's full name, or the partner's. `converted_by`: None until it is converted."""

    referral: Referral
    discount: Discount | None
    referrer_name: str | None
    converted_by: ConvertedBy | None


@dataclass(frozen=True, slots=True)
class CreditView:
    user_id: UserId
    credit_until: datetime | None
    entries: Sequence[Entry]


class ReferralViews(Protocol):
    async def profile(self, user_id: UserId, now: datetime) -> ProfileView | None: ...

    async def referrer(self, code: ReferralCode) -> Referrer | None: ...

    async def get(self, id: ReferralId) -> ReferralView | None: ...

    async def list(self, wanted: ReferralFilter, before: UUID | None, limit: int) -> Sequence[ReferralView]:
        """Return referrals, the newest first, from below the id `before`; deleted ones only when asked for."""
        ...

    async def amounts(self, country: Country, type: RewardType) -> Sequence[RewardAmount]: ...

    async def payments(self, user_id: UserId) -> Sequence[Paid] | None:
        """Return all payments of a user, the oldest first; None for a user whom nobody told of."""
        ...

    async def unmatched(self, before: UUID | None, limit: int) -> Sequence[UnmatchedPayment]: ...


class LedgerViews(Protocol):
    async def of_referral(self, id: ReferralId) -> Sequence[Entry]: ...

    async def credit(self, user_id: UserId) -> CreditView | None:
        """Return a user's window and entries, if only that he has none; None for a user whom nobody told of."""
        ...

    async def liability(self, at: datetime, country: Country | None) -> Sequence[Liability]: ...

    async def check(self) -> LedgerCheck:
        """Prove that every transaction and unit sums to zero and that every window is the replay of its entries."""
        ...
