"""A referral: who brought whom, and what has become of the reward."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Conflict, Invalid, NotFound
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.month import Month

ReferralId = NewType("ReferralId", UUID)
DiscountId = NewType("DiscountId", UUID)


class ReferralStatus(StrEnum):
    CREATED = "created"
    CONTRACTED = "contracted"
    REWARDED = "rewarded"
    CONVERTED = "converted"
    HELD = "held"
    REJECTED = "rejected"
    REVERSED = "reversed"
    DELETED = "deleted"


class Refusal(StrEnum):
    """Why a referral was not created."""

    PROFILE_NOT_FOUND = "profile_not_found"
    ALREADY_REFERRED = "already_referred"
    UNKNOWN_CODE = "unknown_code"
    SELF_REFERRAL = "self_referral"
    MUTUAL_REFERRAL = "mutual_referral"


class ReviewDecision(StrEnum):
    RELEASE = "release"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Referral:
    """`turn`: how often its credit was posted, taken back or given again; each time has postings of its own.

    `referred_contract_rewarded_on`: the month for which the contract's reward counts as given.
    `held_for`: the suspicions, while and after it is held. `review_*`: the person who decided about it, and why.
    """

    id: ReferralId
    referred_user_id: UserId
    referring_user_id: UserId | None
    referring_partner: str | None
    referred_country_code: Country
    terms_version: str
    status: ReferralStatus
    created_at: datetime
    referred_contract_ref: ContractRef | None = None
    referred_contract_rewarded_on: Month | None = None
    referring_user_has_received_amount: bool = False
    referring_user_rewarded_at: datetime | None = None
    payout_reference: str | None = None
    converted_at: datetime | None = None
    credited_at: datetime | None = None
    turn: int = 0
    held_for: tuple[str, ...] = ()
    review_decision: ReviewDecision | None = None
    review_reason: str | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """The free month of a referral's contract. `invoiced_at`: when it was seen on the invoice."""

    id: DiscountId
    referral_id: ReferralId
    contract_ref: ContractRef
    month: Month
    created_at: datetime
    invoiced_at: datetime | None = None


class ConsumeOutcome(StrEnum):
    NO_CONTRACT = "no_contract"
    HELD = "held"
    ALREADY_REWARDED = "already_rewarded"
    ALREADY_DISCOUNTED = "already_discounted"
    CONTRACT_NOT_FOUND = "contract_not_found"
    NOT_ELIGIBLE = "not_eligible"
    DISCOUNTED = "discounted"


@dataclass(frozen=True, slots=True)
class Consumed:
    outcome: ConsumeOutcome
    month: Month | None = None
    discount_id: DiscountId | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """`referral_id`: the new referral, or the one that is there while it has no contract."""

    referral_id: ReferralId | None
    reason: Refusal | None = None


class UnknownReferral(NotFound):
    """There is no such referral."""

    code = "unknown-referral"

    def __init__(self) -> None:
        super().__init__("There is no referral with this id: find it with GET /v1/referrals?referred_user_id=.")


class ContractTaken(Conflict):
    """The referral already has another contract."""

    code = "referral-has-other-contract"

    def __init__(self) -> None:
        super().__init__("A referral keeps its first contract: nothing was changed.")


class ContractSpent(Conflict):
    """The contract has another referral, or was rewarded before."""

    code = "contract-is-spent"

    def __init__(self) -> None:
        super().__init__("A contract is rewarded once, by one referral: find it with GET /v1/referrals?contract_ref=.")


class ReferralIsOver(Conflict):
    """The referral is rewarded, converted, rejected, reversed or deleted already."""

    code = "referral-is-over"

    def __init__(self) -> None:
        super().__init__("Read its status with GET /v1/referrals/{id}: nothing was changed.")


class ForeignContract(Invalid):
    """The contract belongs to another user or another country than the referral."""

    code = "foreign-contract"

    def __init__(self) -> None:
        super().__init__("Send the contract of the referred user, in the referral's country: nothing was changed.")


class NotHeld(Conflict):
    """The reward is not held."""

    code = "reward-not-held"

    def __init__(self) -> None:
        super().__init__("Only a held reward can be reviewed: list them with GET /v1/referrals?status=held.")


class NothingToPay(Conflict):
    """No amount is owed for the referral."""

    code = "nothing-to-pay"

    def __init__(self) -> None:
        super().__init__("No amount is owed for this referral, or another payout was entered: read its ledger.")


class PaidAhead(Invalid):
    """The payout would be made more than a day ahead."""

    code = "paid-ahead"

    def __init__(self) -> None:
        super().__init__("Enter a payout once it is made, with the time when it was: nothing was changed.")


class BothReferred(Conflict):
    """Both users were referred by somebody."""

    code = "both-were-referred"

    def __init__(self) -> None:
        super().__init__("Delete one of the two received referrals first, or merge the profiles: nothing was changed.")


class WouldCircle(Conflict):
    """The move would make somebody refer himself, directly or through others."""

    code = "would-make-a-circle"

    def __init__(self) -> None:
        super().__init__("Delete the referrals between the two users first, or merge them: nothing was changed.")
