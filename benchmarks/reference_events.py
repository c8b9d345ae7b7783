"""The reference's events: `POST /v1/events` written the ordinary way, in the session of the request.

The body and the rules of events are the service's. Page views, unknown people, phones and rate limits are left out,
which is in its favour.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from benchmarks.reference_orm import EventRow, PersonRow, app, known_key, serve, session
from growth.adapters.db.tables import people
from growth.api.events import EventIn, EventOut
from growth.api.security import Caller, Role
from growth.domain.prospects.business_rules.event_rules import faults_of

_CALLER = Caller("service", Role.SERVICE, "127.0.0.1")


@app.post("/v1/events", status_code=202, dependencies=[Depends(known_key)])
async def record_event(body: EventIn, db: Annotated[AsyncSession, Depends(session)]) -> EventOut:
    told = body.news(_CALLER, str(uuid7()))
    if faults_of(told):
        raise HTTPException(422)
    of, now = people.prospect_events.c, datetime.now(UTC)
    query = select(EventRow).where(of.caller == told.caller, of.message_id == told.message_id)
    if (await db.execute(query)).scalar_one_or_none() is None:
        query = select(PersonRow).where(people.prospects.c.email == told.email)
        person = (await db.execute(query)).scalar_one()
        event = EventRow(id=uuid7(), prospect_id=person.id, event_name=told.event_name, received_at=now)
        event.occurred_at, event.country_code, event.persona_type = now, told.country_code, told.persona_type
        event.marketing_parameters, event.properties = told.marketing_parameters, told.properties
        event.caller, event.message_id = told.caller, told.message_id
        db.add(event)
    return EventOut(message_id=told.message_id or "")


if __name__ == "__main__":
    serve()
