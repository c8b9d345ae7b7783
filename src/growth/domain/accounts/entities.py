"""What the main application tells, as it tells it: fields that it leaves out keep their value."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NewType

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.errors import Conflict, NotFound
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.month import Month
from growth.domain.kernel.person import Email

EmploymentId = NewType("EmploymentId", str)  # the main application's


class Untold:
    """Stands for a field that was left out."""


UNTOLD: Final = Untold()


@dataclass(frozen=True, slots=True)
class UserNews:
    email: Email
    country_code: Country
    pro_email: Email | Untold | None = UNTOLD
    company_email: Email | Untold | None = UNTOLD
    full_name: str | Untold | None = UNTOLD
    tier: str | Untold | None = UNTOLD
    stripe_customer_id: str | Untold | None = UNTOLD
    has_opted_in_to_commercial_emails: bool | Untold | None = UNTOLD
    unsubscribe_digest: bytes | Untold | None = UNTOLD


@dataclass(frozen=True, slots=True)
class ContractNews:
    user_id: UserId
    country_code: Country
    reward_type: RewardType
    start_date: date
    signed_at: datetime | Untold | None = UNTOLD
    end_date: date | Untold | None = UNTOLD
    free_months: tuple[Month, ...] | Untold = UNTOLD


@dataclass(frozen=True, slots=True)
class ContractInvoice:
    """Whether the free month was seen on the invoice of a month."""

    contract_ref: ContractRef
    month: Month
    discount_applied: bool
    told_at: datetime


@dataclass(frozen=True, slots=True)
class EmploymentNews:
    user_id: UserId
    invite_email: Email
    started_on: date
    cancelled_at: datetime | Untold | None = UNTOLD


@dataclass(frozen=True, slots=True)
class Employment:
    """Somebody works for a user, or was invited to: a way to the user from the address of the invitation."""

    id: EmploymentId
    user_id: UserId
    invite_email: Email
    started_on: date
    cancelled_at: datetime | None
    told_at: datetime


class UserNotTold(NotFound):
    """The main application has not told of this user."""

    code = "unknown-user"

    def __init__(self) -> None:
        super().__init__("Tell of the user first: PUT /v1/users/{user_id}.")


class UnknownContract(NotFound):
    """The main application has not told of this contract."""

    code = "unknown-contract"

    def __init__(self) -> None:
        super().__init__("Tell of the contract first: PUT /v1/contracts/{contract_ref}.")


class CustomerTaken(Conflict):
    """Another user has this customer id of the payment provider."""

    code = "customer-taken"

    def __init__(self) -> None:
        super().__init__("Take the customer id from the other user first: nothing was changed.")


class ContractOfAnother(Conflict):
    """The contract is another user's."""

    code = "contract-of-another-user"

    def __init__(self) -> None:
        super().__init__("A contract stays with its user and its country: nothing was changed.")
