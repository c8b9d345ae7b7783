"""Messages in: webhooks, kept before they are handled and handled once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from growth.domain.kernel.begin import Begin, Timed
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Delivery, Message, MessageId, Outbox


class InboxState(StrEnum):
    RECEIVED = "received"
    HANDLED = "handled"
    IGNORED = "ignored"  # nothing to do for it: an unknown topic, an unknown person; `reason` says which
    FAILED = "failed"  # kept with its reason; an operator can replay it


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """One delivery of a partner's webhook. `(source, event_id)` is its identity for ever."""

    id: UUID
    source: str
    event_id: str
    topic: str
    body: Mapping[str, object]
    received_at: datetime | None = None  # where it is kept already


class Unreadable(Exception):
    """An authentic event is not what its type promises. `reason` names the field, and holds nothing of the body."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def to_handle(event: InboxEvent, message_id: MessageId) -> Message:
    """Return the message that has a kept event handled after its commit, by the handler of `inbox.<source>`.

    That is `handle_kept` with what its context hears. It is written with the event where the partner is answered before
    the event is handled, and when an operator has it replayed.
    """
    return Message(
        id=message_id,
        vendor=f"inbox.{event.source}",
        kind=f"inbox.{event.source}",
        subject=f"inbox:{event.source}:{event.event_id}",
        payload={"source": event.source, "event_id": event.event_id},
    )


def event_named(message: Message) -> tuple[str, str]:
    """Return source and id of the event that a message of `to_handle` names."""
    return str(message.payload["source"]), str(message.payload["event_id"])


class Inbox(Protocol):
    async def add(self, event: InboxEvent) -> bool:
        """Keep the event; False when it is kept already. Waits for one that is just being written."""
        ...

    async def lock_received(self, source: str, event_id: str) -> InboxEvent | None:
        """Lock and return the event; None when there is none or when it is settled already."""
        ...

    async def lock_unsettled(self, source: str, event_id: str) -> bool:
        """Lock the event; True when it is received or failed, so that a partner who sends it again is heard."""
        ...

    async def settle(self, source: str, event_id: str, state: InboxState, reason: str | None, at: datetime) -> None:
        """Write down what became of it: one more attempt, made at `at`; `reason` holds no personal data."""
        ...


class InboxTx(Timed, Protocol):
    @property
    def inbox(self) -> Inbox: ...


class HandlerTx(InboxTx, Protocol):
    @property
    def outbox(self) -> Outbox: ...


HandlerTxT = TypeVar("HandlerTxT", bound=HandlerTx)
HeardTxT_contra = TypeVar("HeardTxT_contra", bound=HandlerTx, contravariant=True)
Heard = tuple[InboxState, str | None]  # what became of an event, and why where nothing did


class Hear(Protocol[HeardTxT_contra]):
    async def __call__(self, tx: HeardTxT_contra, event: InboxEvent, now: datetime, /) -> Heard:
        """Read the event and do what it says. Raises `Unreadable`, before it wrote anything."""
        ...


async def handle_kept(tx: HandlerTxT, delivery: Delivery, hear: Hear[HandlerTxT]) -> None:
    """Handle the event that a message of `to_handle` names, and settle it; nothing when it is settled already.

    The first thing in its transaction: what has to be asked of the outside is asked before.
    """
    source, event_id = event_named(delivery.message)
    await tx.outbox.hold(delivery)
    event = await tx.inbox.lock_received(source, event_id)
    if event is None:
        return
    now = await tx.now()
    try:
        state, reason = await hear(tx, event, now)
    except Unreadable as fault:
        state, reason = InboxState.FAILED, fault.reason
    await tx.inbox.settle(source, event_id, state, reason, now)


@dataclass(frozen=True, slots=True)
class KeepFailed:
    """Keep an event that could not be handled, with the reason (nothing personal): operators list and replay it."""

    begin: Begin[InboxTx]

    async def __call__(self, event: InboxEvent, reason: str) -> None:
        async with self.begin() as tx:
            if await tx.inbox.add(event) or await tx.inbox.lock_unsettled(event.source, event.event_id):
                await tx.inbox.settle(event.source, event.event_id, InboxState.FAILED, reason, await tx.now())


@dataclass(frozen=True, slots=True)
class KeepToHandle:
    """Keep an event and have it handled after the commit; one that is kept already is left as it is.

    For partners who want their answer at once: what is kept is neither lost nor handled twice.
    """

    begin: Begin[HandlerTx]
    new_id: NewId

    async def __call__(self, event: InboxEvent) -> None:
        message = to_handle(event, MessageId(self.new_id()))
        async with self.begin() as tx:
            if await tx.inbox.add(event):
                await tx.outbox.add(message)


@dataclass(frozen=True, slots=True)
class InboxEventView:
    """An event as an operator sees it, without its body, which may be personal."""

    id: UUID
    source: str
    event_id: str
    topic: str
    state: InboxState
    reason: str | None
    attempts: int
    received_at: datetime
    settled_at: datetime | None


class InboxViews(Protocol):
    async def inbox(
        self, state: InboxState | None, before: UUID | None, limit: int, event_id: str | None = None
    ) -> Sequence[InboxEventView]:
        """Return events, the newest first, from below the id `before`; `event_id`: the partner's id of one."""
        ...

    async def replay(self, id: UUID) -> bool:
        """Have the event handled again; False when it was handled already or does not exist."""
        ...
