"""The law of calling people as data: one pack per country and period, with its sources. This is not legal advice."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from growth.domain.campaigns.entities.slots import WeeklySlot
from growth.domain.kernel.country import Country

# What a consent has to name to be one to our calls.
CALL_PURPOSE, CALL_CHANNEL = "sales", "phone"


class Ground(StrEnum):
    """What a call may rest on."""

    CONSENT = "consent"
    REQUEST = "request"  # the person's own, while it is open
    RUNNING_CONTRACT = "running_contract"
    EARLIER_CONTRACT = "earlier_contract"  # ended or not


@dataclass(frozen=True, slots=True)
class CallHours:
    """When people may be called. `agreed_times`: elsewhen too, at a time that the person agreed to."""

    windows: tuple[WeeklySlot, ...]  # in order, not overlapping, at least one
    on_holidays: bool
    agreed_times: bool
    legal_source: str


@dataclass(frozen=True, slots=True)
class Grounds:
    """A call needs one of `accepted`. `consent_years`: a consent is valid no longer; None: as long as it says."""

    accepted: frozenset[Ground]
    consent_years: int | None
    legal_source: str


@dataclass(frozen=True, slots=True)
class AttemptWindow:
    """At most `most` attempts at a person in any `days` local days."""

    most: int
    days: int
    legal_source: str


@dataclass(frozen=True, slots=True)
class Silence:
    """After a refusal nobody calls for as many local days as the settings say, for `least_days` at least."""

    least_days: int
    legal_source: str


@dataclass(frozen=True, slots=True)
class LawPack:
    """The law of a country from the local date `valid_from` until that of its next pack.

    The first pack of a country judges the days before it too. A rule that is None does not exist there.
    `do_not_call`: the source of the rule that who is on a list is not called.
    """

    version: str
    country: Country
    valid_from: date
    hours: CallHours
    do_not_call: str | None
    grounds: Grounds | None
    attempts: AttemptWindow | None
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class LawSettings:
    """What the law leaves open. `request_open_days`: how long a person's own request may be answered by calls."""

    request_open_days: int = 30
    refusal_silence_days: int = 60


LAW_DEFAULTS = LawSettings()
