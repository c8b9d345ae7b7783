"""Messages out and in as their writers, their handlers and operators see them. Workers: `deliveries.py`."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, literal, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.clock import MOVED_TIME
from growth.adapters.db.tables.messages import inbox_events, messages
from growth.adapters.db.tables.privacy import tombstones
from growth.adapters.db.types import Json
from growth.domain.kernel.addresses import addresses_in
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxEvent, InboxEventView, InboxState, to_handle
from growth.domain.kernel.messages import (
    Delivery,
    LeaseLost,
    Message,
    MessageId,
    MessageState,
    MessageView,
    VendorBacklog,
)
from growth.domain.kernel.pseudonyms import Pseudonyms

_NOW: ColumnElement[datetime] = literal_column(f"({MOVED_TIME.text})")
# Due at once by either clock: the moved one may be behind the real one.
_AT_ONCE = func.least(_NOW, func.clock_timestamp())
_VIEW = [messages.c[field.name] for field in fields(MessageView)]
_INBOX_VIEW = [inbox_events.c[field.name] for field in fields(InboxEventView)]
_EVENT = [inbox_events.c[field.name] for field in fields(InboxEvent)]
_REPLAYABLE = (InboxState.RECEIVED, InboxState.IGNORED, InboxState.FAILED)

_UNSETTLED = text("""
    SELECT id FROM inbox_event WHERE source = :source AND event_id = :event_id AND state IN ('received', 'failed')
    FOR UPDATE
""")


class SqlOutbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, *messages_: Message) -> None:
        for message in messages_:
            query = insert(messages).values(
                id=message.id,
                vendor=message.vendor,
                kind=message.kind,
                subject=message.subject,
                payload=message.payload,
                not_before=message.not_before,
                not_after=message.not_after,
                state=MessageState.PENDING,
                due_at=message.not_before or _AT_ONCE,
                created_at=_NOW,
            )
            await self._connection.execute(query.on_conflict_do_nothing(index_elements=[messages.c.id]))

    async def hold(self, delivery: Delivery) -> None:
        query = (
            select(messages.c.id)
            .with_for_update()
            .where(
                messages.c.id == delivery.message.id,
                messages.c.lease == delivery.lease,
                messages.c.leased_until.is_not(None),
            )
        )
        if (await self._connection.execute(query)).first() is None:
            raise LeaseLost(f"Message {delivery.message.id} is in other hands.")


class SqlInbox:
    """Keeps events; of one that holds somebody who was erased only that it came, so that it is known again."""

    def __init__(self, connection: AsyncConnection, pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms

    async def add(self, event: InboxEvent) -> bool:
        query = insert(inbox_events).values(
            id=event.id,
            source=event.source,
            event_id=event.event_id,
            topic=event.topic,
            body=self._body(event),
            state=InboxState.RECEIVED,
            received_at=_NOW,
        )
        return (await self._connection.execute(query.on_conflict_do_nothing())).rowcount == 1

    def _body(self, event: InboxEvent) -> object:
        digests = [self._pseudonyms.of("email", email) for email in sorted(addresses_in(event.body))]
        if not digests:
            return event.body
        erased = exists().where(tombstones.c.digest.in_(digests), tombstones.c.lifted_at.is_(None))
        return case((erased, literal({}, Json)), else_=literal(event.body, Json))

    async def lock_received(self, source: str, event_id: str) -> InboxEvent | None:
        query = (
            select(*_EVENT)
            .with_for_update()
            .where(
                inbox_events.c.source == source,
                inbox_events.c.event_id == event_id,
                inbox_events.c.state == InboxState.RECEIVED,
            )
        )
        row = (await self._connection.execute(query)).first()
        return None if row is None else InboxEvent(*row)

    async def lock_unsettled(self, source: str, event_id: str) -> bool:
        asked = {"source": source, "event_id": event_id}
        return (await self._connection.execute(_UNSETTLED, asked)).first() is not None

    async def settle(self, source: str, event_id: str, state: InboxState, reason: str | None, at: datetime) -> None:
        of_event = (inbox_events.c.source == source, inbox_events.c.event_id == event_id)
        query = (
            update(inbox_events)
            .where(*of_event)
            .values(state=state, reason=reason, settled_at=at, attempts=inbox_events.c.attempts + 1)
        )
        await self._connection.execute(query)


class SqlMessageViews:
    """What operators see of both, and what they can have done again."""

    def __init__(self, engine: AsyncEngine, new_id: NewId) -> None:
        self._engine = engine
        self._new_id = new_id

    async def outbox(self, state: MessageState | None, before: int | None, limit: int) -> Sequence[MessageView]:
        query = select(*_VIEW).order_by(messages.c.position.desc()).limit(limit)
        if state is not None:
            query = query.where(messages.c.state == state)
        if before is not None:
            query = query.where(messages.c.position < before)
        async with self._engine.connect() as connection:
            return [MessageView(*row) for row in await connection.execute(query)]

    async def retry(self, id: MessageId) -> bool:
        sendable = messages.c.state.in_([MessageState.PENDING, MessageState.DEAD])
        query = (
            update(messages)
            .where(messages.c.id == id, sendable)
            .values(
                state=MessageState.PENDING,
                attempts=0,
                due_at=func.coalesce(messages.c.not_before, _AT_ONCE),
                done_at=None,
            )
        )
        async with self._engine.begin() as connection:
            return (await connection.execute(query)).rowcount == 1

    async def inbox(
        self, state: InboxState | None, before: UUID | None, limit: int, event_id: str | None = None
    ) -> Sequence[InboxEventView]:
        query = select(*_INBOX_VIEW).order_by(inbox_events.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(inbox_events.c.state == state)
        if event_id is not None:
            query = query.where(inbox_events.c.event_id == event_id)
        if before is not None:
            query = query.where(inbox_events.c.id < before)
        async with self._engine.connect() as connection:
            return [InboxEventView(*row) for row in await connection.execute(query)]

    async def replay(self, id: UUID) -> bool:
        replayed = (
            update(inbox_events)
            .where(inbox_events.c.id == id, inbox_events.c.state.in_(_REPLAYABLE))
            .values(state=InboxState.RECEIVED, reason=None, settled_at=None)
            .returning(*_EVENT)
        )
        async with self._engine.begin() as connection:
            row = (await connection.execute(replayed)).first()
            if row is None:
                return False
            await SqlOutbox(connection).add(to_handle(InboxEvent(*row), MessageId(self._new_id())))
            return True

    async def backlog(self) -> Sequence[VendorBacklog]:
        async with self._engine.connect() as connection:
            return [VendorBacklog(*row) for row in await connection.execute(_BACKLOG)]


_BACKLOG = text(f"""
    SELECT vendor, coalesce(pending, 0), coalesce(oldest, 0), coalesce(dead, 0), opened_at IS NOT NULL
    FROM (SELECT vendor, count(*) AS pending,
                 greatest(0, extract(epoch FROM ({MOVED_TIME.text}) - min(coalesce(not_before, created_at))))::float
                   AS oldest
          FROM message WHERE state = 'pending' GROUP BY vendor) AS of_pending
    FULL JOIN (SELECT vendor, count(*) AS dead FROM message WHERE state = 'dead' GROUP BY vendor) AS of_dead
      USING (vendor)
    FULL JOIN (SELECT vendor, opened_at FROM vendor_breaker) AS of_breaker USING (vendor)
    ORDER BY vendor
""")  # noqa: S608 - the interpolated text is a constant
