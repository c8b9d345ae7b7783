"""Referral profiles: a user's place in the programme."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Conflict, NotFound
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.codes import ReferralCode


@dataclass(frozen=True, slots=True)
class Profile:
    user_id: UserId
    country_code: Country
    referral_code: ReferralCode
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """Of referrals sent. `visits`: of people who followed the link; `signed`: with a contract."""

    visits: int
    invited: int
    signed: int
    converted: int
    in_credit_window: int


@dataclass(frozen=True, slots=True)
class Amounts:
    """In cents. Earned includes paid."""

    currency: str
    earned_cents: int
    paid_cents: int


@dataclass(frozen=True, slots=True)
class ProfileView:
    """All that a "refer a friend" page shows."""

    profile: Profile
    counts: Counts
    credit_until: datetime | None
    amounts: Sequence[Amounts]


@dataclass(frozen=True, slots=True)
class Referrer:
    """Who invites: the first name only, which strangers may see."""

    code: ReferralCode
    name: str | None


class UnknownUser(NotFound):
    """The main application has not told of this user."""

    code = "unknown-user"

    def __init__(self) -> None:
        super().__init__("Nobody has told of this user: check the id, or tell with PUT /v1/users/{user_id}.")


class UnknownCode(NotFound):
    """Nobody has this referral code."""

    code = "unknown-code"

    def __init__(self) -> None:
        super().__init__("Nobody has this code: check its 8 characters.")


class SameUser(Conflict):
    """Both users are the same."""

    code = "same-user"

    def __init__(self) -> None:
        super().__init__("Name two different users.")


class NoMoreCodes(Exception):
    """Eight codes in a row were taken: the draw is broken, or the programme has outgrown its codes."""
