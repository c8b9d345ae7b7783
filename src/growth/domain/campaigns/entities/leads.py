"""A lead: one person's interest in selling one property."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from growth.domain.campaigns.entities.scoring import Tenths
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid, NotFound
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email

LeadId = NewType("LeadId", UUID)
SubmissionId = NewType("SubmissionId", UUID)


class LeadType(StrEnum):
    RDVVQ = "RDVVQ"  # from an estimate
    DIRECT = "DIRECT"  # from the dedicated page, or a callback asked for
    PQSC = "PQSC"  # pre-qualified: cheap, or in a media zone


class LeadSource(StrEnum):
    ESTIMATE = "estimate"
    FORM = "form"
    FSBO_CALLBACK = "fsbo_callback"
    IMPORT = "import"
    PUBSUB = "pubsub"


class LeadStatus(StrEnum):
    NEW = "new"
    NOT_QUALIFIED = "not_qualified"  # called, nothing decided
    QUALIFIED = "qualified"  # an appointment
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    CLOSED = "closed"


CALLABLE = frozenset({LeadStatus.NEW, LeadStatus.NOT_QUALIFIED})


class SellTimeframe(StrEnum):
    NOW = "now"
    MONTHS_3 = "3_months"
    MONTHS_6 = "6_months"
    MONTHS_12 = "12_months"
    LATER = "later"
    NONE = "none"


class Segment(StrEnum):
    PVI_NOW = "PVI_NOW"
    PVI_SOON = "PVI_SOON"
    PVS = "PVS"
    PVM = "PVM"
    PVB = "PVB"
    PVB_LATER = "PVB_LATER"


class PropertyType(StrEnum):
    HOUSE = "house"
    APARTMENT = "apartment"
    LAND = "land"
    OTHER = "other"


class UnknownLead(NotFound):
    """There is no lead with this id."""

    code = "unknown-lead"

    def __init__(self) -> None:
        super().__init__("There is no lead with this id: look it up with GET /v1/leads.")


class CallbackTooFar(Invalid):
    """The time for a call is too far away."""

    code = "callback-too-far"

    def __init__(self) -> None:
        super().__init__("Write a callback_at within the next twelve months.")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person tells about the project and the property; the newest answers win."""

    country_code: Country
    is_owner: bool
    sell_timeframe: SellTimeframe
    buys_first: bool
    callback_at: datetime | None
    property_type: PropertyType
    address: str | None
    postal_code: str
    insee_code: str | None
    surface_m2: int | None
    estimated_price_eur: int | None

    def by_name(self) -> dict[str, Any]:
        """Return the answers by the names under which a lead has them too."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Submission:
    """One request of one person, as it came in: an estimate, a form, a row of an import.

    `phone` is as it was typed. `consent` is the record that came with it, kept with the event as proof.
    """

    id: SubmissionId
    source: LeadSource
    email: Email
    phone: str | None
    first_name: str | None
    last_name: str | None
    answers: Answers
    marketing_parameters: Mapping[str, object] | None
    consent: Mapping[str, object] | None
    requested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Received:
    """That a submission arrived, and which lead it became or joined. Kept for ever: by it a repeat is known."""

    id: SubmissionId
    lead_id: LeadId
    prospect_id: ProspectId
    source: LeadSource
    requested_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Lead:
    """`property_key` tells one property from another; `score` is in tenths of a point, `LeadScore` explains it."""

    id: LeadId
    prospect_id: ProspectId
    lead_type: LeadType
    source: LeadSource
    country_code: Country
    is_owner: bool
    sell_timeframe: SellTimeframe
    buys_first: bool
    callback_at: datetime | None
    property_type: PropertyType
    address: str | None
    postal_code: str
    insee_code: str | None
    surface_m2: int | None
    estimated_price_eur: int | None
    property_key: str
    timezone: str
    came_by: str | None
    segment: Segment | None
    score: Tenths
    status: LeadStatus
    call_attempts: int
    last_attempt_at: datetime | None
    request_count: int
    requested_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LeadScore:
    """Why a lead has its score: what the scoring code itself gave out, kept as it was computed."""

    lead_id: LeadId
    score: Tenths
    unclipped: Tenths
    base: Tenths
    contributions: list[list[object]]
    rule_set_version: str
    scored_at: datetime
    model_version: str | None = None
