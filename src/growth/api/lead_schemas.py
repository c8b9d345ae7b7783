"""Bodies of leads, in and out."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from growth.api.marketing import Marketed
from growth.api.schemas import EmailIn, Input, Instant, Output
from growth.domain.campaigns.business_rules.rating import THOUSANDTHS
from growth.domain.campaigns.entities.calls import Call, CallState, WrapUp
from growth.domain.campaigns.entities.leads import (
    Answers,
    LeadScore,
    LeadSource,
    LeadStatus,
    LeadType,
    PropertyType,
    Segment,
    SellTimeframe,
    Submission,
    SubmissionId,
)
from growth.domain.campaigns.entities.runs import Gate, Outcome
from growth.domain.campaigns.ports.views import LeadView
from growth.domain.campaigns.use_cases.change_lead import LeadChange
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import parse_email
from growth.domain.kernel.places import parse_postal_code

_MOST_EVIDENCE = 4_096
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Insee = Annotated[str, StringConstraints(pattern=r"^([0-9]{5}|2[AB][0-9]{3})$")]
_POSTAL_CODES: Any = {
    "oneOf": [
        {"properties": {"country_code": {"const": country}, "postal_code": {"pattern": f"^{digits}$"}}}
        for country, digits in {"FR": "[0-9]{5}", "BE": "[0-9]{4}", "ES": "(0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}"}.items()
    ]
}
Utm = Annotated[str | None, Field(description="Of the page's address; cut to 255 characters.")]


def _small(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(json.dumps(evidence)) > _MOST_EVIDENCE:
        raise ValueError(f"Send at most {_MOST_EVIDENCE} bytes of evidence.")
    return evidence


_TENTHS = 10


class ConsentIn(Input):
    wording_version: Short
    evidence: Annotated[Mapping[str, Any], AfterValidator(_small)] = Field(max_length=50, description="At most 4 KiB.")
    given_at: Instant | None = None
    expires_at: Instant | None = None


class LeadIn(Marketed):
    """A request: what the person wants to sell, and how to reach them. A loose `utm_…` that is no text is refused."""

    model_config = ConfigDict(json_schema_extra=_POSTAL_CODES)

    email: EmailIn
    phone: Annotated[str | None, Field(max_length=64)] = None
    first_name: Short | None = None
    last_name: Short | None = None
    country_code: Country
    is_owner: bool
    sell_timeframe: SellTimeframe
    buys_first: bool = False
    property_type: PropertyType
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    insee_code: Insee | None = None
    surface_m2: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    estimated_price_eur: Annotated[int | None, Field(ge=0, le=2_000_000_000)] = None
    address: Long | None = None
    utm_source: Utm = None
    utm_medium: Utm = None
    utm_campaign: Utm = None
    utm_term: Utm = None
    utm_content: Utm = None
    callback_at: Instant | None = None
    consent: ConsentIn | None = None
    requested_at: Instant | None = Field(default=None, description="Role service only; else the server's time.")

    def submission(self, id: UUID, source: LeadSource, *, trusted: bool) -> Submission:
        """Return the domain's form of it. Raises `BadEmail`, `BadPostalCode`."""
        return Submission(
            id=SubmissionId(id),
            source=source,
            email=parse_email(self.email),
            phone=self.phone,
            first_name=self.first_name,
            last_name=self.last_name,
            answers=self._answers(),
            marketing_parameters=self.marketing(),
            consent=self._consent(trusted=trusted),
            requested_at=self.requested_at if trusted else None,
        )

    def _answers(self) -> Answers:
        return Answers(
            country_code=self.country_code,
            is_owner=self.is_owner,
            sell_timeframe=self.sell_timeframe,
            buys_first=self.buys_first,
            callback_at=self.callback_at,
            property_type=self.property_type,
            address=self.address,
            postal_code=parse_postal_code(self.country_code, self.postal_code),
            insee_code=self.insee_code,
            surface_m2=self.surface_m2,
            estimated_price_eur=self.estimated_price_eur,
        )

    def _consent(self, *, trusted: bool) -> dict[str, object] | None:
        if self.consent is None:
            return None
        kept = self.consent.model_dump(mode="json")
        return kept if trusted else kept | {"given_at": None}


class SubmissionOut(Output):
    submission_id: UUID


class LeadPatch(Input):
    """Send only what changes; a null `owner_agent_id` takes the person out of a wallet."""

    owner_agent_id: Short | None = None
    pending_task: bool = False
    status: LeadStatus = LeadStatus.NEW

    def change(self) -> LeadChange:
        return LeadChange(**{name: getattr(self, name) for name in self.model_fields_set})


class PlannedCallOut(Output):
    campaign: str
    slot_start: Instant
    slot_end: Instant


class LeadOut(Output):
    id: UUID
    prospect_id: UUID
    lead_type: LeadType
    source: LeadSource
    segment: Segment | None
    score: float
    status: LeadStatus
    country_code: Country
    timezone: str
    is_owner: bool
    sell_timeframe: SellTimeframe
    buys_first: bool
    callback_at: Instant | None
    property_type: PropertyType
    postal_code: str
    insee_code: str | None
    surface_m2: int | None
    estimated_price_eur: int | None
    call_attempts: int
    last_attempt_at: Instant | None
    request_count: int
    requested_at: Instant
    owner_agent_id: str | None
    pending_task: bool
    planned_call: PlannedCallOut | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, view: LeadView) -> Self:
        names = cls.model_fields.keys() - {"score", "owner_agent_id", "pending_task", "planned_call"}
        return cls(
            **{name: getattr(view.lead, name) for name in names},
            score=view.lead.score / 10,
            owner_agent_id=view.owner_agent_id,
            pending_task=view.pending_task,
            planned_call=PlannedCallOut.model_validate(view.planned_call) if view.planned_call else None,
        )


class ContributionOut(Output):
    name: str
    value: str | int
    points: float


class ScoreOut(Output):
    """`base` and the points of all contributions sum to `unclipped`; `score` is that within 0 and 100.

    Of a learned score (`model_version`) they are log-odds, and `score` is the probability of an appointment in percent.
    """

    score: float
    unclipped: float
    base: float
    contributions: Sequence[ContributionOut]
    rule_set_version: str
    model_version: str | None
    scored_at: Instant

    @classmethod
    def of(cls, score: LeadScore) -> Self:
        parts = THOUSANDTHS if score.model_version else _TENTHS
        return cls(
            score=score.score / 10,
            unclipped=score.unclipped / parts,
            base=score.base / parts,
            contributions=[
                ContributionOut(name=str(name), value=value, points=points / parts)  # type: ignore[operator]
                for name, value, points in score.contributions
            ],
            rule_set_version=score.rule_set_version,
            model_version=score.model_version,
            scored_at=score.scored_at,
        )


class ReasonOut(Output):
    campaign: str
    slot_start: Instant
    outcome: Outcome
    gate: Gate | None
    sentence: str
    next_allowed_at: Instant | None


class WhyOut(Output):
    """`now`: how the lead stands; `decisions`: what was decided about it, newest slot first."""

    now: str
    decisions: Sequence[ReasonOut]


class PermissionOut(Output):
    """`rule` and its source say what forbids the call; `next_allowed_at` null: never, as things are."""

    allowed: bool
    rule: Gate | None
    legal_source: str | None
    next_allowed_at: Instant | None


class CallOut(Output):
    id: UUID
    campaign: str
    slot_start: Instant
    slot_end: Instant
    state: CallState
    reason: str | None
    agent_id: str | None
    callback_at: Instant | None
    planned_at: Instant
    injected_at: Instant | None
    attempts: int
    last_attempt_at: Instant | None
    wrapup: WrapUp | None
    wrapup_name: str | None

    @classmethod
    def of(cls, call: Call) -> Self:
        return cls.model_validate(call)
