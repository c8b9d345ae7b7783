"""Bodies of the ledger, in and out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from growth.api.referral_schemas import Name, Words, told
from growth.api.schemas import Day, Input, Instant, Output
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.referrals.business_rules.setbacks import taken_back_at
from growth.domain.referrals.business_rules.windows import days_left
from growth.domain.referrals.entities.ledger import Entry, LedgerCheck, Liability, Reason, Unit
from growth.domain.referrals.entities.payments import Paid, Payment, SetbackKind, SetbackState
from growth.domain.referrals.entities.rewards import RewardAmount
from growth.domain.referrals.ports.views import CreditView

CENTS, CURRENCY = 100, "EUR"
_MOST_DAYS = 3_650
_MOST_EUROS = 10_000


class RewardAmountIn(Input):
    """In whole euros or in cents, one of the two."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [told("amount", "integer"), told("amount_cents", "integer")]})

    country_code: Country
    type: RewardType
    amount: Annotated[int | None, Field(ge=0, le=_MOST_EUROS, description="Whole euros: 50 is 50.00 EUR.")] = None
    amount_cents: Annotated[
        int | None,
        Field(ge=0, le=_MOST_EUROS * CENTS, multiple_of=CENTS, description="Cents, of whole euros: 5000 is 50.00 EUR."),
    ] = None
    start_date: Day = Field(description="Of the contracts that are signed from this day on; it may lie in the past.")

    @model_validator(mode="after")
    def _in_one_unit(self) -> Self:
        if (self.amount is None) == (self.amount_cents is None):
            raise ValueError("Send either amount, in whole euros, or amount_cents.")
        return self

    @property
    def euros(self) -> int:
        return (self.amount_cents or 0) // CENTS if self.amount is None else self.amount


class RewardAmountOut(Output):
    country_code: Country
    type: RewardType
    amount: int = Field(description="Whole euros.")
    amount_cents: int
    currency: str
    start_date: Day

    @classmethod
    def of(cls, it: RewardAmount) -> Self:
        return cls(
            country_code=it.country_code,
            type=it.type,
            amount=it.amount,
            amount_cents=it.amount * CENTS,
            currency=CURRENCY,
            start_date=it.start_date,
        )


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
    referral_id: UUID | None = Field(description="The referral that caused it; null where none did, as of a grant.")


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
        owed = [MoneyOut(amount_cents=it.cents, currency=CURRENCY)]
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


class RefundOut(Output):
    """A refund, what a charge is refunded to in all, or a dispute."""

    kind: SetbackKind
    state: SetbackState
    id: str
    amount: int = Field(description="In the currency's smallest unit.")
    happened_at: Instant


class PaymentOut(Output):
    source: str
    external_id: str = Field(description="The provider's id of the invoice.")
    amount: int = Field(description="In the currency's smallest unit.")
    currency: str
    paid_at: Instant
    received_at: Instant
    taken_back_at: Instant | None = Field(description="Since when all of it is refunded or lost; null while it counts.")
    refunds: Sequence[RefundOut]

    @classmethod
    def of(cls, it: Paid) -> Self:
        names = cls.model_fields.keys() & Payment.__dataclass_fields__.keys()
        refunds = sorted(it.setbacks, key=lambda setback: (setback.happened_at, setback.id))
        return cls(
            **{name: getattr(it.payment, name) for name in names},
            taken_back_at=taken_back_at(it),
            refunds=[RefundOut.model_validate(setback) for setback in refunds],
        )
