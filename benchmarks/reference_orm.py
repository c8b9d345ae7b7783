"""The reference: estimates written the ordinary way, FastAPI with SQLAlchemy's ORM, one session a request.

It has the features of ours that are part of an estimate: a key, a strict body, the person found or made, the same lead
found or made, the submission, the event, the explained score and the planned call, in one transaction, and a log line.
The rules themselves (score, segment, slots) are the service's; rate limits are left out, which is in its favour.
"""

import json
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, relationship
from uuid_utils.compat import uuid7

from growth.adapters.campaigns_file import load_campaigns
from growth.adapters.db.tables import campaigns, people
from growth.api.lead_schemas import LeadIn, SubmissionOut
from growth.container import EXAMPLES
from growth.domain.campaigns.business_rules import planning, qualifying, scoring
from growth.domain.campaigns.entities.candidates import Contactable, Plan
from growth.domain.campaigns.entities.leads import Lead, LeadSource, LeadType
from growth.domain.kernel.person import Prospect, parse_phone, registered
from growth.domain.kernel.places import timezone_of

log = logging.getLogger("reference")
configuration = load_campaigns(Path(EXAMPLES) / "campaigns.toml")[0]
engine = create_async_engine(
    os.environ.get("REFERENCE_DATABASE_URL", "postgresql+asyncpg://"), pool_size=10, max_overflow=10, pool_pre_ping=True
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class PersonRow(Base):
    __table__ = people.prospects
    leads: Mapped[list["LeadRow"]] = relationship(back_populates="person", lazy="selectin")


class LeadRow(Base):
    __table__ = campaigns.leads
    person: Mapped[PersonRow] = relationship(back_populates="leads")
    score_row: Mapped["ScoreRow | None"] = relationship(lazy="selectin")


class ScoreRow(Base):
    __table__ = campaigns.lead_scores


class SubmissionRow(Base):
    __table__ = campaigns.submissions


class EventRow(Base):
    __table__ = people.prospect_events


class CallRow(Base):
    __table__ = campaigns.calls


app = FastAPI()


@app.middleware("http")
async def logged(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.perf_counter()
    answer = await call_next(request)
    took = round((time.perf_counter() - started) * 1000, 1)
    line = {"path": request.url.path, "status": answer.status_code, "ms": took}
    log.info(json.dumps(line))
    return answer


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as opened, opened.begin():
        yield opened


async def known_key(authorization: Annotated[str, Header()]) -> None:
    if authorization != "Bearer dev-service-key":
        raise HTTPException(401)


@app.get("/ready")
async def ready() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/v1/estimates", status_code=202, dependencies=[Depends(known_key)])
async def request_estimate(body: LeadIn, db: Annotated[AsyncSession, Depends(session)]) -> SubmissionOut:
    submission = body.submission(uuid7(), LeadSource.ESTIMATE, trusted=True)
    now = datetime.now(UTC)
    person = await _person(db, submission, now)
    lead = _lead(person, submission, now)
    db.add(lead)
    await db.flush()
    ids = {"lead_id": lead.id, "prospect_id": person.id}
    db.add(SubmissionRow(id=submission.id, source=submission.source, requested_at=now, received_at=now, **ids))
    form = {"event_name": "website_capture_form", "properties": {"form_name": "estimate"}, "caller": "growth"}
    told = {"message_id": str(submission.id), "occurred_at": now, "received_at": now}
    db.add(EventRow(id=uuid7(), prospect_id=person.id, **form, **told))
    await db.flush()
    _score_and_plan(db, person, lead, now)
    return SubmissionOut(submission_id=submission.id)


async def _person(db: AsyncSession, submission: Any, now: datetime) -> PersonRow:
    query = select(PersonRow).where(people.prospects.c.email == submission.email).with_for_update()
    person = (await db.execute(query)).scalar_one_or_none()
    country = submission.answers.country_code
    if person is None:
        person = PersonRow(id=uuid7(), email=submission.email, country_code=country, created_at=now, leads=[])
        person.phone, person.phone_valid, person.pending_task = None, False, False
        person.first_name, person.last_name, person.owner_agent_id = None, None, None
        db.add(person)
    told = registered(
        _plain(person), parse_phone(submission.phone, country), submission.first_name, submission.last_name
    )
    person.phone, person.phone_valid = told.phone, told.phone_valid
    person.first_name, person.last_name = told.first_name, told.last_name
    await db.flush()
    return person


def _plain(row: Any) -> Any:
    """Return the row as what the rules take: they only read attributes and copy dataclasses."""
    entity = Prospect if isinstance(row, PersonRow) else Lead
    return entity(**{name: getattr(row, name) for name in entity.__dataclass_fields__})


def _lead(person: PersonRow, submission: Any, now: datetime) -> LeadRow:
    answers = submission.answers
    key = qualifying.property_key(answers)
    lead = next((each for each in person.leads if qualifying.same_lead(_plain(each), key, now)), None)
    if lead is None:
        lead = LeadRow(id=uuid7(), prospect_id=person.id, source=submission.source, property_key=key, created_at=now)
        lead.lead_type, lead.score, lead.status, lead.call_attempts = LeadType.RDVVQ, 0, "new", 0
        lead.request_count, lead.came_by, lead.last_attempt_at = 0, None, None
    for name, value in answers.by_name().items():
        setattr(lead, name, value)
    lead.request_count, lead.requested_at, lead.updated_at = lead.request_count + 1, now, now
    lead.lead_type = qualifying.lead_type_of(answers, submission.source, configuration)
    told = (answers.is_owner, answers.sell_timeframe, answers.buys_first)
    lead.segment = qualifying.segment_of(*told, configuration.segments)
    lead.timezone = timezone_of(answers.country_code, answers.postal_code)
    return lead


def _score_and_plan(db: AsyncSession, person: PersonRow, lead: LeadRow, now: datetime) -> None:
    who = Contactable(_plain(lead), _plain(person))
    found = scoring.score(qualifying.snapshot(who, configuration, now), configuration.rules)
    lead.score = found.score
    parts = [[each.name, each.value, each.points] for each in found.contributions]
    sums = {"score": found.score, "unclipped": found.unclipped, "base": found.base, "contributions": parts}
    db.add(ScoreRow(lead_id=lead.id, rule_set_version=found.rule_set_version, scored_at=now, **sums))
    where = planning.plan(who, configuration, now, fast=True)
    if isinstance(where, Plan):
        slot = {"slot_start": where.slot.start, "slot_end": where.slot.end, "campaign": where.campaign}
        ids = {"id": uuid7(), "lead_id": lead.id, "prospect_id": person.id}
        db.add(CallRow(state="planned", planned_at=now, attempts=0, **ids, **slot))


def serve() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    uvicorn.run(app, port=int(os.environ["GROWTH_PORT"]), loop="uvloop", access_log=False, log_level="warning")


if __name__ == "__main__":
    serve()
