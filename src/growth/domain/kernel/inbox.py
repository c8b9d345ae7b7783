"""Messages in: webhooks, kept before they are handled and handled once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import unquote
from uuid import UUID

from growth.domain.kernel.begin import Timed
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.kernel.person import BadEmail, Email, parse_email


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


_ADDRESS = re.compile(r"[^\s@<>\"'(),:;=&?%\\\[\]/{}|]{1,64}@[^\s@<>\"'(),:;=&?%\\\[\]/{}|#]{3,255}")
_MOST_DECODINGS = 3


def addresses_in(body: object) -> set[Email]:
    """Return all addresses that are anywhere in a decoded body, be they URL-encoded."""
    match body:
        case str():
            return {email for text in _decoded(body) for email in _read_addresses(text)}
        case Mapping():
            return {email for each in (*body.keys(), *body.values()) for email in addresses_in(each)}
        case list() | tuple():
            return {email for each in body for email in addresses_in(each)}
    return set()


def _decoded(text: str) -> Iterator[str]:
    for _ in range(_MOST_DECODINGS):
        yield text
        following = unquote(text)
        if following == text:
            return
        text = following


def _read_addresses(text: str) -> Iterator[Email]:
    for found in _ADDRESS.findall(text) if "@" in text else ():
        with suppress(BadEmail):
            yield parse_email(found.rstrip("."))


def to_handle(event: InboxEvent, message_id: MessageId) -> Message:
    """Return the message that has a kept event handled after its commit, by the handler of `inbox.<source>`.

    The handler locks the event, does nothing unless it is still `received`, and settles it in the transaction
    of its effect.
    """
    return Message(
        id=message_id,
        vendor=f"inbox.{event.source}",
        kind=f"inbox.{event.source}",
        subject=f"inbox:{event.source}:{event.event_id}",
        payload={"source": event.source, "event_id": event.event_id},
    )


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


async def keep_failed(tx: InboxTx, event: InboxEvent, reason: str) -> None:
    """Keep an event that could not be handled, with the reason (nothing personal): operators list and replay it."""
    if await tx.inbox.add(event) or await tx.inbox.lock_unsettled(event.source, event.event_id):
        await tx.inbox.settle(event.source, event.event_id, InboxState.FAILED, reason, await tx.now())


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
