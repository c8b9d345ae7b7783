"""Why a reward is held until a person has looked at it."""

from dataclasses import dataclass
from enum import StrEnum

from growth.domain.kernel.person import Email


class Suspicion(StrEnum):
    SAME_EMAIL = "same_email"
    SAME_PHONE = "same_phone"
    SAME_PAYMENT_INSTRUMENT = "same_payment_instrument"
    DISPOSABLE_ADDRESS = "disposable_address"
    DISPOSABLE_LIST_MISSING = "disposable_list_missing"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class DisposableDomains:
    """Who gives addresses away for minutes. `known`: None where the list is missing; then every reward is held."""

    known: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is known of both sides when a reward falls due. A partner has no emails.

    `referred_that_day`: the referrals that the referring side made on the local day of this one, this one included.
    """

    referred_emails: tuple[Email, ...]
    referring_emails: tuple[Email, ...]
    shares_phone: bool
    shares_instrument: bool
    referred_that_day: int
