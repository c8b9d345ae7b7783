"""What a salesperson looks at before the call: everything that happened with a person, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID


class EntryKind(IntEnum):
    """The kinds of entries; of those at the same instant the higher number is shown first. Numbers are in cursors."""

    EVENT = 1
    REQUEST = 2
    REFERRAL = 3
    LEAD = 4
    SCORE = 5
    CALL = 6
    MESSAGE = 7
    ANALYSIS = 8
    DECISION = 9
    CONSENT = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `told`: its facts; `id`: of the event, request, referral, lead, call, message, consent.

    An analysis, and a decision not to call, has the id of its call.
    """

    at: datetime
    kind: EntryKind
    id: UUID
    told: Mapping[str, object]
