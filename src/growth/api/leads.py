"""Leads in, and leads as operators see them."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from growth.api.consents import address_digest
from growth.api.cursors import ID, SMALL, Places
from growth.api.errors import problems
from growth.api.lead_schemas import (
    CallOut,
    LeadIn,
    LeadOut,
    LeadPatch,
    PermissionOut,
    ScoreOut,
    SubmissionOut,
    WhyOut,
)
from growth.api.routing import Routes
from growth.api.schemas import Instant, Limit, Page
from growth.api.security import Caller, CallerOf, Role, allow
from growth.domain.campaigns.business_rules.law.judging import can_call
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.consents import BadConsent
from growth.domain.campaigns.entities.leads import (
    CallbackTooFar,
    LeadId,
    LeadSource,
    LeadStatus,
    LeadType,
    Segment,
    SubmissionId,
    UnknownLead,
)
from growth.domain.campaigns.ports.views import LeadFilter, LeadView, LeadViews
from growth.domain.campaigns.use_cases import ChangeLead, ExplainLead, ExplainScore, TakeLeads
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.operating import MovableClock
from growth.domain.kernel.person import BadEmail
from growth.domain.kernel.places import BadPostalCode
from growth.domain.kernel.pseudonyms import Pseudonyms

router = Routes(tags=["leads"])
_TAKEN = problems(BadEmail, BadPostalCode, CallbackTooFar, BadConsent)
_KNOWN = problems(UnknownLead)
_PLACES = Places(SMALL, ID)


@dataclass(frozen=True, slots=True)
class _Intake:
    """What both routes do."""

    take: TakeLeads
    new_id: NewId
    pseudonyms: Pseudonyms

    async def __call__(self, body: LeadIn, source: LeadSource, caller: Caller) -> SubmissionOut:
        submission = body.submission(self.new_id(), source, trusted=caller.role is not Role.CAPTURE)
        if submission.consent and (digest := address_digest(caller, self.pseudonyms)):
            submission = replace(submission, consent={**submission.consent, "address_digest": digest})
        await self.take([submission])
        return SubmissionOut(submission_id=submission.id)


@router.post("/v1/estimates", status_code=202, dependencies=[allow(Role.CAPTURE, Role.SERVICE)], responses=_TAKEN)
async def request_estimate(
    body: LeadIn,
    caller: CallerOf,
    take: FromDishka[TakeLeads],
    new_id: FromDishka[NewId],
    pseudonyms: FromDishka[Pseudonyms],
) -> SubmissionOut:
    """Take in that somebody asked what a home is worth."""
    return await _Intake(take, new_id, pseudonyms)(body, LeadSource.ESTIMATE, caller)


@router.post("/v1/leads", status_code=202, dependencies=[allow(Role.CAPTURE, Role.SERVICE)], responses=_TAKEN)
async def create_lead(
    body: LeadIn,
    caller: CallerOf,
    take: FromDishka[TakeLeads],
    new_id: FromDishka[NewId],
    pseudonyms: FromDishka[Pseudonyms],
) -> SubmissionOut:
    """Take in that somebody asked to be called: the form of the dedicated page, or a callback for a private sale."""
    source = LeadSource.FORM if body.callback_at is None else LeadSource.FSBO_CALLBACK
    return await _Intake(take, new_id, pseudonyms)(body, source, caller)


@router.get("/v1/leads", dependencies=[allow(Role.OPS)])
async def list_leads(
    *,
    views: FromDishka[LeadViews],
    segment: Segment | None = None,
    status: LeadStatus | None = None,
    lead_type: LeadType | None = None,
    order: Annotated[Literal["score", "newest"], Query(description="Best first, or newest first.")] = "newest",
    submission_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, _PLACES.query] = None,
) -> Page[LeadOut]:
    """List leads."""
    which = LeadFilter(
        segment=segment,
        status=status,
        lead_type=lead_type,
        submission_id=SubmissionId(submission_id) if submission_id else None,
        by_score=order == "score",
        after=_PLACES.read(cursor),
        limit=limit,
    )
    found = await views.list(which)
    following = _PLACES.behind(found, limit, lambda view: (view.lead.score, view.lead.id))
    return Page(items=[LeadOut.of(it) for it in found], next_cursor=following)


@router.get("/v1/leads/{lead_id:uuid}", dependencies=[allow(Role.OPS)], responses=_KNOWN)
async def read_lead(lead_id: UUID, views: FromDishka[LeadViews]) -> LeadOut:
    """Return a lead with its planned call."""
    return LeadOut.of(await _known(LeadId(lead_id), views))


async def _known(lead_id: LeadId, views: LeadViews) -> LeadView:
    view = await views.get(lead_id)
    if view is None:
        raise UnknownLead
    return view


@router.get("/v1/leads/{lead_id:uuid}/score", dependencies=[allow(Role.OPS)], responses=_KNOWN)
async def read_score(lead_id: UUID, explain: FromDishka[ExplainScore]) -> ScoreOut:
    """Return a lead's score with all that contributed to it."""
    return ScoreOut.of(await explain(LeadId(lead_id)))


@router.get("/v1/leads/{lead_id:uuid}/why", dependencies=[allow(Role.OPS)], responses=_KNOWN)
async def explain_lead(lead_id: UUID, explain: FromDishka[ExplainLead]) -> WhyOut:
    """Tell why a lead was called or not, one sentence for each slot in which it was a candidate."""
    return WhyOut.model_validate(await explain(LeadId(lead_id)))


@router.get("/v1/leads/{lead_id:uuid}/calls", dependencies=[allow(Role.OPS)], responses=_KNOWN)
async def list_calls(lead_id: UUID, views: FromDishka[LeadViews]) -> Page[CallOut]:
    """List a lead's calls, planned and made, newest first."""
    view = await _known(LeadId(lead_id), views)
    return Page(items=[CallOut.of(it) for it in await views.calls(view.lead.id)], next_cursor=None)


@router.get("/v1/leads/{lead_id:uuid}/can-call", dependencies=[allow(Role.OPS)], responses=_KNOWN)
async def ask_permission(
    lead_id: UUID,
    views: FromDishka[LeadViews],
    clock: FromDishka[MovableClock],
    configuration: FromDishka[Configuration],
    at: Instant | None = None,
) -> PermissionOut:
    """Tell whether the law allows to call the person at a time, now without one; this is not legal advice."""
    now = await clock.now()
    who = await views.contactable(LeadId(lead_id), now)
    if who is None:
        raise UnknownLead
    return PermissionOut.model_validate(can_call(who, at or now, configuration.law))


@router.patch("/v1/leads/{lead_id:uuid}", dependencies=[allow(Role.OPS)], responses=_KNOWN)
async def change_lead(
    lead_id: UUID, body: LeadPatch, change: FromDishka[ChangeLead], views: FromDishka[LeadViews]
) -> LeadOut:
    """Change a lead's status, or the wallet and the open task of its person. What is not sent keeps its value."""
    await change(LeadId(lead_id), body.change())
    return LeadOut.of(await _known(LeadId(lead_id), views))
