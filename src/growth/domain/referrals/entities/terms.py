"""The programme's terms: per country and version, data. A new country or a changed rule is a new entry in the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.errors import Invalid


class BadTerms(Invalid):
    """The file of the referral programme's terms cannot be used."""

    code = "bad-terms"


class RewardUnit(StrEnum):
    """What a programme gives."""

    FREE_MONTH = "free_month"  # to the referred user, on his contract
    AMOUNT = "amount"  # to the referring user, owed and paid outside
    DAYS = "days"  # of paid access, to both, at the first payment


class Marking(StrEnum):
    """When the reward of a contract counts as given."""

    DISCOUNT = "discount"  # as soon as the free month is decided
    INVOICE = "invoice"  # when the free month is seen on an invoice


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a referral created from `since` on, until the next version of its country.

    `rewards`: the units that are given at all. `caps`: at most so much per referring user and calendar year, in cents
    and days. `refund_window_days`: a refund within so many days of the payment takes the credit back.
    `referrals_per_day`: more in one local day are held. `paying_tier`, `free_tier`: a user's tier with and without a
    payment.
    """

    version: str
    country_code: Country
    since: datetime
    timezone: str
    rewards: frozenset[RewardUnit]
    reward_types: frozenset[RewardType]
    marking: Marking
    credit_days: int
    refund_window_days: int
    referrals_per_day: int
    caps: Mapping[RewardUnit, int]
    currency: str
    paying_tier: str
    free_tier: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Programme:
    """All versions of all countries, those of a country oldest first."""

    terms: Mapping[Country, tuple[Terms, ...]]

    def in_force(self, country: Country, at: datetime) -> Terms:
        """Return the terms that a person of the country sees at an instant; before the first, those."""
        versions = self.terms[country]
        return next((it for it in reversed(versions) if it.since <= at), versions[0])

    def agreed(self, country: Country, version: str) -> Terms:
        """Return a version that a referral names. That it is there is checked when the service starts."""
        return next(it for it in self.terms[country] if it.version == version)
