"""Messages out: rows written in the transaction of their cause, delivered by workers after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

MessageId = NewType("MessageId", UUID)


class MessageState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    EXPIRED = "expired"  # its `not_after` passed before it could be delivered
    DEAD = "dead"  # refused for good, or tried for too long; an operator can send it again


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell the outside.

    `kind` names the handler in the routing table, `vendor` the breaker and the places it counts against.
    Messages of one `subject` are delivered one at a time, in the order they were written (two transactions at
    once have no order). After `not_after` it is not tried any more. `kind`, `subject`: no personal data.
    """

    id: MessageId
    vendor: str
    kind: str
    subject: str
    payload: Mapping[str, object]
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in the hands of one worker. `lease` is the fence: a new number each time it is taken."""

    message: Message
    attempt: int
    lease: int


class Outbox(Protocol):
    async def add(self, *messages: Message) -> None:
        """Write them in this order. A message whose id was written before is left as it is."""
        ...

    async def hold(self, delivery: Delivery) -> None:
        """Lock the message and raise `LeaseLost` when another worker has taken it meanwhile.

        Every transaction of a handler begins with it: a worker that slept through its lease writes nothing.
        """
        ...


class LeaseLost(Exception):
    """Another worker has this message now; what this one still wanted to write is not written."""


class TryLater(Exception):
    """The delivery surely did not happen; the handler wants to be called again.

    `reason`: without personal data, operators read it. `after`: not sooner than that; the back-off may be
    longer. `waiting`: nothing failed, there is only something to wait for, until `after`: it counts neither as
    an attempt nor for the breaker.
    `whole_vendor`: `after` is the vendor's `Retry-After` and holds for all its messages.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: timedelta | None = None,
        waiting: bool = False,
        whole_vendor: bool = False,
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.waiting = waiting
        self.whole_vendor = whole_vendor


class OutcomeUnknown(TryLater):
    """The vendor may have done it, but nobody knows: it was sent and no usable answer came.

    Where the vendor has no idempotency key, ask it what it has before sending again.
    """


class GiveUp(Exception):
    """The vendor refused for good: trying again gives the same answer. No personal data in the reason."""


class Handler(Protocol):
    """Delivers messages of one kind. Called at least once for each; a clean return means delivered."""

    async def __call__(self, delivery: Delivery) -> None: ...


_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(hours=12)
LAST_ATTEMPT = 17


def back_off(attempt: int, jitter: float) -> timedelta | None:
    """Return how long to wait after this failed attempt (the first is 1), None when it was the last.

    Three times longer each time up to 12 h, and up to a quarter more or less by `jitter` from 0 to 1: 17
    attempts over 3 to 6 days.
    """
    if attempt >= LAST_ATTEMPT:
        return None
    tripled: timedelta = _FIRST_WAIT * 3 ** (attempt - 1)
    return min(tripled, _LONGEST_WAIT) * (0.75 + jitter / 2)


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as an operator sees it, without its payload, which may be personal."""

    id: MessageId
    position: int
    vendor: str
    kind: str
    subject: str
    state: MessageState
    attempts: int
    not_before: datetime | None
    not_after: datetime | None
    due_at: datetime
    last_error: str | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class VendorBacklog:
    """What waits for one vendor. `oldest_seconds`: for how long its oldest pending message has been overdue."""

    vendor: str
    pending: int
    oldest_seconds: float
    dead: int
    breaker_open: bool


class MessageViews(Protocol):
    async def outbox(self, state: MessageState | None, before: int | None, limit: int) -> Sequence[MessageView]:
        """Return messages, the newest first, from below the position `before`."""
        ...

    async def retry(self, id: MessageId) -> bool:
        """Send a dead or waiting message again, now and with all its attempts; False when it is neither."""
        ...

    async def backlog(self) -> Sequence[VendorBacklog]: ...
