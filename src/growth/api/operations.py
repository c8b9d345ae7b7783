"""Probes, metrics, the test clock, and what operators see of messages and ticks."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query, Response

from growth.api import metrics
from growth.api.cursors import ID, MOMENT, NAME, NUMBER, Places
from growth.api.errors import Refused, problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Limit, Output, Page
from growth.api.security import allow, unmetered
from growth.domain.campaigns.ports.models import Drifts
from growth.domain.kernel.inbox import InboxState, InboxViews
from growth.domain.kernel.messages import MessageId, MessageState, MessageViews
from growth.domain.kernel.operating import Health, Invariants, MovableClock, TickViews, UnknownMessage
from growth.domain.kernel.ticks import TickState
from growth.settings import Environment, Role, Settings


class Alive(Output):
    status: str


class ClockIn(Input):
    now: Instant


class ClockOut(Output):
    now: Instant


class MessageOut(Output):
    id: UUID
    vendor: str
    kind: str
    subject: str
    state: MessageState
    attempts: int
    not_before: Instant | None
    not_after: Instant | None
    due_at: Instant
    last_error: str | None
    created_at: Instant
    done_at: Instant | None


class InboxEventOut(Output):
    id: UUID
    source: str
    event_id: str
    topic: str
    state: InboxState
    reason: str | None
    attempts: int
    received_at: Instant
    settled_at: Instant | None


class TickOut(Output):
    job: str
    due_at: Instant
    state: TickState
    decided_at: Instant


def probes(settings: Settings) -> Routes:
    """Return the probes; in production the metrics need an ops key."""
    router = Routes(tags=["operations"])

    @router.get("/livez", dependencies=[unmetered()])
    async def livez() -> Alive:
        """Tell that the process answers. It depends on nothing."""
        return Alive(status="ok")

    @router.get("/readyz", dependencies=[unmetered()])
    async def readyz(health: FromDishka[Health]) -> Alive:
        """Tell whether the service can work: the database answers and has this version's schema."""
        if faults := await health.faults():
            raise Refused(503, "not-ready", " ".join(faults), headers={"Retry-After": "2"})
        return Alive(status="ok")

    metrics_rule = allow(Role.OPS) if settings.production else unmetered()
    text: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Metrics."}
    }

    @router.get("/metrics", dependencies=[metrics_rule], response_class=Response, responses=text)
    async def read_metrics(
        views: FromDishka[MessageViews], drifts: FromDishka[Drifts], health: FromDishka[Health]
    ) -> Response:
        """Return the metrics of this process in Prometheus' text format."""
        return await metrics.read(views, drifts, health)

    return router


router = Routes(tags=["operations"])
_OUTBOX, _INBOX, _TICKS = Places(NUMBER), Places(ID), Places(MOMENT, NAME)


@router.get("/v1/invariants", dependencies=[allow(Role.OPS)])
async def check_invariants(invariants: FromDishka[Invariants]) -> Mapping[str, Sequence[str]]:
    """Check what must always hold: by name, what breaks it."""
    return await invariants.check()


@router.get("/v1/outbox", dependencies=[allow(Role.OPS)])
async def list_outbox(
    views: FromDishka[MessageViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _OUTBOX.query] = None,
    state: MessageState | None = None,
) -> Page[MessageOut]:
    """List the messages out, newest first."""
    (before,) = _OUTBOX.read(cursor) or (None,)
    found = await views.outbox(state, before, limit)
    items = [MessageOut.model_validate(it) for it in found]
    return Page(items=items, next_cursor=_OUTBOX.behind(found, limit, lambda it: [it.position]))


@router.post(
    "/v1/outbox/{message_id:uuid}/retry",
    status_code=204,
    dependencies=[allow(Role.OPS)],
    responses=problems(UnknownMessage),
)
async def retry_message(message_id: UUID, views: FromDishka[MessageViews]) -> None:
    """Send a dead or waiting message again, now."""
    if not await views.retry(MessageId(message_id)):
        raise UnknownMessage


@router.get("/v1/inbox", dependencies=[allow(Role.OPS)])
async def list_inbox(
    views: FromDishka[InboxViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _INBOX.query] = None,
    state: InboxState | None = None,
    event_id: Annotated[str | None, Query(max_length=255, description="The partner's, like Stripe's `evt_…`.")] = None,
) -> Page[InboxEventOut]:
    """List the events that partners sent, newest first."""
    (before,) = _INBOX.read(cursor) or (None,)
    found = await views.inbox(state, before, limit, event_id)
    items = [InboxEventOut.model_validate(it) for it in found]
    return Page(items=items, next_cursor=_INBOX.behind(found, limit, lambda it: [it.id]))


@router.post(
    "/v1/inbox/{event_id:uuid}/replay",
    status_code=204,
    dependencies=[allow(Role.OPS)],
    responses=problems(UnknownMessage),
)
async def replay_event(event_id: UUID, views: FromDishka[InboxViews]) -> None:
    """Have a failed or ignored event handled again, soon after the answer: `GET /v1/inbox` then says what became of it.

    It can fail once more.
    """
    if not await views.replay(event_id):
        raise UnknownMessage


@router.get("/v1/scheduler/ticks", dependencies=[allow(Role.OPS)])
async def list_ticks(
    views: FromDishka[TickViews],
    job: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    limit: Limit = 200,
    cursor: Annotated[str | None, _TICKS.query] = None,
) -> Page[TickOut]:
    """List what the scheduler decided, newest first."""
    found = await views.list(job, since, _TICKS.read(cursor), limit)
    items = [TickOut.model_validate(it) for it in found]
    return Page(items=items, next_cursor=_TICKS.behind(found, limit, lambda it: [it.due_at, it.job]))


def test_clock(settings: Settings) -> Routes:
    """Return the routes of the clock that tests move: none outside of `GROWTH_ENV=test`."""
    router = Routes(tags=["test"])
    if settings.env is not Environment.TEST:
        return router

    @router.get("/test/clock", dependencies=[allow(Role.ADMIN)])
    async def read_clock(clock: FromDishka[MovableClock]) -> ClockOut:
        """Tell the domain's time."""
        return ClockOut(now=await clock.now())

    @router.put("/test/clock", dependencies=[allow(Role.ADMIN)])
    async def move_clock(body: ClockIn, clock: FromDishka[MovableClock]) -> ClockOut:
        """Move the domain's time of all processes; it goes on from there."""
        await clock.move_to(body.now)
        return ClockOut(now=await clock.now())

    return router
