"""Ticks: a job at a due instant, decided once by whichever process gets there first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class TickState(StrEnum):
    FIRED = "fired"
    CAUGHT_UP = "caught_up"  # fired, but later than it was due
    MISSED = "missed"  # too late to do any good: decided, not done


@dataclass(frozen=True, slots=True)
class Tick:
    """`late`: how long after its due instant it is taken up."""

    job: str
    due_at: datetime
    state: TickState = TickState.FIRED
    late: timedelta = timedelta()


class Ticks(Protocol):
    async def first_time(self, tick: Tick) -> bool:
        """Claim the tick in this transaction; False when it is decided already. Waits for a claim that is under way."""
        ...
