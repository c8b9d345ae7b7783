"""Recordings of calls, their one job at the speech vendor, and how long both are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Select, and_, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.messages import SqlOutbox
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.campaigns import calls
from growth.adapters.db.tables.speech import recordings, speech_jobs
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.speech import CallRecording, RecordedCall, SpeechJob, SpeechState
from growth.domain.kernel.inbox import InboxEvent
from growth.domain.kernel.messages import Message, MessageId

KEPT_FOR: Final = "12 months"
"""For how long recordings' addresses and analyses are kept, here and at the vendor, unless an erasure comes before."""

_RECORDINGS = Rows(CallRecording, recordings)
_JOBS = Rows(SpeechJob, speech_jobs)
_OF_CALL = (calls.c.lead_id, calls.c.campaign, calls.c.agent_id, calls.c.wrapup, calls.c.wrapup_name)
_REMOVAL: Final = UUID("018f2b1e-7c4f-7000-8000-737065656368")
EMPTIED: Final = """body = CASE source WHEN 'dialer' THEN body #- '{data,recording}' #- '{data,interaction_id}'
                                    ELSE '{}' END"""
HELD: Final = """source IN ('dialer', 'speech')
    AND body #> '{data}' ?| ARRAY['recording', 'interaction_id', 'transcript_url', 'scores']"""
"""What webhooks told of recordings and analyses, as SQL: how it is taken out of their bodies, and where it is."""

_EMPTY = text(f"UPDATE inbox_event SET {EMPTIED} WHERE source = :source AND event_id = :event_id")  # noqa: S608
_STALE = text(f"""
    UPDATE inbox_event SET {EMPTIED}
    WHERE {HELD} AND received_at < CAST(:now AS timestamptz) - interval '{KEPT_FOR}'
""")  # noqa: S608 - constants
_OLD_RECORDINGS = text(
    f"DELETE FROM call_recording WHERE told_at < CAST(:now AS timestamptz) - interval '{KEPT_FOR}'"  # noqa: S608
)
_OLD_JOBS = text(f"""
    UPDATE speech_job SET state = 'removed', reason = NULL, job_id = NULL, transcript_url = NULL, scores = NULL
    WHERE state <> 'removed' AND requested_at < CAST(:now AS timestamptz) - interval '{KEPT_FOR}'
    RETURNING call_id
""")  # noqa: S608 - constants


class SqlSpeech:
    """Calls of people who were erased have neither recording nor job: nobody finds or sends them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put_recording(self, recording: CallRecording) -> None:
        query = insert(recordings).values(_RECORDINGS.write(recording))
        told = {name: query.excluded[name] for name in _RECORDINGS.write(recording) if name != "call_id"}
        newer = query.excluded.attempted_at >= recordings.c.attempted_at
        await self._connection.execute(query.on_conflict_do_update(index_elements=["call_id"], set_=told, where=newer))

    async def unsent(
        self, start: datetime, end: datetime, after: tuple[datetime, CallId] | None, limit: int
    ) -> Sequence[RecordedCall]:
        place = (recordings.c.attempted_at, recordings.c.call_id)
        query = (
            _recorded()
            .outerjoin(speech_jobs, speech_jobs.c.call_id == recordings.c.call_id)
            .where(recordings.c.attempted_at >= start, recordings.c.attempted_at < end)
            .where(or_(speech_jobs.c.call_id.is_(None), speech_jobs.c.state == SpeechState.SKIPPED))
            .order_by(*place)
            .limit(limit)
        )
        if after:
            query = query.where(tuple_(*place) > after)
        return await self._calls(query)

    async def sent(self, start: datetime, end: datetime) -> int:
        attempted = and_(recordings.c.attempted_at >= start, recordings.c.attempted_at < end)
        of_jobs = recordings.join(speech_jobs, speech_jobs.c.call_id == recordings.c.call_id)
        query = select(func.count()).select_from(of_jobs).where(attempted, speech_jobs.c.state != SpeechState.SKIPPED)
        return int((await self._connection.execute(query)).scalar_one())

    async def recorded(self, id: CallId) -> RecordedCall | None:
        return next(iter(await self._calls(_recorded().where(recordings.c.call_id == id))), None)

    async def claim(self, job: SpeechJob) -> bool:
        query = insert(speech_jobs).values(_JOBS.write(job))
        told = {name: query.excluded[name] for name in ("state", "reason", "requested_at")}
        skipped = speech_jobs.c.state == SpeechState.SKIPPED
        gives_way = and_(skipped, query.excluded.state != SpeechState.SKIPPED)
        query = query.on_conflict_do_update(index_elements=["call_id"], set_=told, where=gives_way)
        return (await self._connection.execute(query)).rowcount == 1

    async def lock(self, id: CallId) -> SpeechJob | None:
        query = select(*_JOBS.columns).where(speech_jobs.c.call_id == id).with_for_update()
        return _JOBS.read((await self._connection.execute(query)).first())

    async def save(self, job: SpeechJob) -> None:
        await _JOBS.put(self._connection, [job])

    async def empty(self, event: InboxEvent) -> None:
        await self._connection.execute(_EMPTY, {"source": event.source, "event_id": event.event_id})

    async def _calls(self, query: Select[Any]) -> list[RecordedCall]:
        width = len(_RECORDINGS.columns)
        rows = await self._connection.execute(query)
        return [RecordedCall(_RECORDINGS.one(row[:width]), *row[width:]) for row in rows]


def _recorded() -> Select[Any]:
    return select(*_RECORDINGS.columns, *_OF_CALL).join_from(recordings, calls, calls.c.id == recordings.c.call_id)


async def forget_old_analyses(connection: AsyncConnection, now: datetime) -> None:
    """Remove what is older than it may be kept, and have the vendor delete it; that a call was sent once stays."""
    for stale in (_OLD_RECORDINGS, _STALE):
        await connection.execute(stale, {"now": now})
    for call in (await connection.execute(_OLD_JOBS, {"now": now})).scalars().all():
        id_ = MessageId(uuid5(_REMOVAL, str(call)))
        message = Message(id_, "speech", "speech.delete", f"speech:{call}", {"call_id": str(call)})
        await SqlOutbox(connection).add(message)
