"""What operators see of the machinery: ticks, the clock, and whether all is well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from growth.domain.kernel.errors import NotFound
from growth.domain.kernel.ticks import TickState


class UnknownMessage(NotFound):
    """There is no such message, or its state leaves nothing to do."""

    code = "unknown-message"

    def __init__(self) -> None:
        super().__init__("There is no such message in a state for this: list them to see ids and states.")


@dataclass(frozen=True, slots=True)
class TickItem:
    job: str
    due_at: datetime
    state: TickState
    decided_at: datetime


class TickViews(Protocol):
    async def list(
        self, job: str | None, since: datetime | None, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[TickItem]:
        """Return ticks, the newest first: those due at or after `since`, from behind the place `before`."""
        ...


class Invariants(Protocol):
    async def check(self) -> Mapping[str, Sequence[str]]:
        """Return, by the name of the invariant, what breaks it; empty lists: all is well."""
        ...


class MovableClock(Protocol):
    async def now(self) -> datetime: ...

    async def move_to(self, now: datetime) -> None: ...


class Health(Protocol):
    """The state of the database."""

    async def faults(self) -> Sequence[str]:
        """Return what keeps the service from working, one sentence each, within five seconds."""
        ...

    def lost(self, error: BaseException) -> bool:
        """Tell whether the error means that the database is gone or has no connection free."""
        ...
