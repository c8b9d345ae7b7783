"""Bodies of the ledger, in and out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from growth.api.referral_schemas import Name, Words
from growth.api.schemas import Day, Input, Instant, Output
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.referrals.business_rules.windows import days_left
from growth.domain.referrals.entities.ledger import Entry, LedgerCheck, Liability, Reason, Unit
from growth.domain.referrals.ports.views import CreditView

_MOST_DAYS = 3_650


class RewardAmountIn(Input):
    country_code: Country
    type: RewardType
    amount: Annotated[int, Field(ge=0, le=10_000, description="Whole euros.")]
    start_date: Day


class RewardAmountOut(Output):
    country_code: Country
    type: RewardType
    amount: int
    start_date: Day


class MoneyOut(Output):
    amount_cents: int
    currency: str


class EntryOut(Output):
    at: Instant
    account: str
    unit: Unit
    amount: int
    reason: Reason
    note: str | None
    transaction_id: UUID


class EntriesOut(Output):
    entries: Sequence[EntryOut]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Self:
        return cls(entries=[EntryOut.model_validate(it) for it in entries])


class GrantIn(Input):
    user_id: Name
    days: Annotated[int, Field(ge=1, le=_MOST_DAYS)]
    reason: Words = Field(description="Why; nothing personal, it stays in the ledger for ever.")


class CreditsOut(Output):
    user_id: str
    credit_until: Instant | None
    days_left: int
    entries: Sequence[EntryOut]

    @classmethod
    def of(cls, view: CreditView, now: datetime) -> Self:
        entries = [EntryOut.model_validate(it) for it in view.entries]
        left = days_left(view.credit_until, now)
        return cls(user_id=view.user_id, credit_until=view.credit_until, days_left=left, entries=entries)


class LiabilityOut(Output):
    country_code: Country
    days: int = Field(description="Of access that is credited and not yet used.")
    held_days: int
    amounts: Sequence[MoneyOut]

    @classmethod
    def of(cls, it: Liability) -> Self:
        owed = [MoneyOut(amount_cents=it.cents, currency="EUR")]
        return cls(country_code=it.country_code, days=it.days, held_days=it.held_days, amounts=owed)


class LiabilitiesOut(Output):
    at: Instant
    items: Sequence[LiabilityOut]


class LedgerFaultOut(Output):
    account: str
    fault: str


class LedgerCheckOut(Output):
    ok: bool
    entries: int
    accounts: int
    faults: Sequence[LedgerFaultOut]

    @classmethod
    def of(cls, found: LedgerCheck) -> Self:
        faults = [LedgerFaultOut.model_validate(it) for it in found.faults]
        return cls(ok=not faults, entries=found.entries, accounts=found.accounts, faults=faults)


class UnmatchedOut(Output):
    id: UUID
    source: str
    external_id: str
    amount: int = Field(description="In the currency's smallest unit.")
    currency: str
    paid_at: Instant
    received_at: Instant
