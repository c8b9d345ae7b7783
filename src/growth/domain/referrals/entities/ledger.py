"""The double-entry ledger: what was moved, from which account to which, and why. Nothing is changed or deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.referrals import ReferralId

HolderId = NewType("HolderId", UUID)  # opaque: who it is stands apart, where an erasure can cut it
AccountName = NewType("AccountName", str)  # `credit:<holder>`, `programme:FR`


class Unit(StrEnum):
    DAY = "day"  # 24 hours of paid access
    EUR_CENT = "EUR cent"


class Book(StrEnum):
    """What an account is for: those of a person first, then those of a country's programme."""

    CREDIT = "credit"  # days of access
    HELD = "held"  # days that a person has to decide about
    OWED = "owed"  # cents, paid outside
    DISCOUNT = "discount"  # the days of free months, given on invoices

    PROGRAMME = "programme"  # where everything comes from
    FORFEITED = "forfeited"  # days that were used before their grant was taken back
    CAPPED = "capped"  # what the cap of a year, or the end of the longest window, kept back
    PAID = "paid"  # cents that were paid out


class Reason(StrEnum):
    FIRST_PAYMENT = "first_payment"
    GRANT = "grant"
    FREE_MONTH = "free_month"
    REFERRER_AMOUNT = "referrer_amount"
    CAP = "cap"
    HOLD = "hold"
    RELEASE = "release"
    REJECT = "reject"
    REVERSAL = "reversal"
    RESTORED = "restored"
    USED = "used"  # days already used change hands: no window moves
    MOVED = "moved"
    PAYOUT = "payout"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` (positive) goes from one account to another; two entries that sum to zero. `key` is unique for ever.

    `note`: why a person did it; nothing personal, it stays for ever.
    """

    key: str
    source: AccountName
    target: AccountName
    unit: Unit
    amount: int
    reason: Reason
    referral_id: ReferralId | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A person's accounts. `credit_until`: the end of the window that his credit account pays for."""

    id: HolderId
    user_id: UserId
    country_code: Country
    credit_until: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    account: AccountName
    unit: Unit
    amount: int
    reason: Reason
    note: str | None
    transaction_id: UUID
    referral_id: ReferralId | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of a referral, or of no referral."""

    referral_id: ReferralId | None
    account: AccountName
    unit: Unit
    amount: int


@dataclass(frozen=True, slots=True)
class Liability:
    """What a country's programme owes as of an instant. `days`: not yet used; cents: owed and not paid out."""

    country_code: Country
    days: int
    held_days: int
    cents: int


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """`account`: the account, transaction or unit that does not fit."""

    account: str
    fault: str


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    entries: int
    accounts: int
    faults: Sequence[LedgerFault]


class WindowTooLong(Invalid):
    """The window of access would end later than any may."""

    code = "window-too-long"

    def __init__(self, most: int) -> None:
        super().__init__(f"Grant at most {most} days: a window ends in 2199 at the latest. Nothing was changed.")


def account(book: Book, owner: HolderId | Country) -> AccountName:
    """Return the name of a person's or a programme's account."""
    return AccountName(f"{book}:{owner}")
