"""People as they are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email
from growth.domain.kernel.prospect_events import ProspectEvent
from growth.domain.prospects.entities.people import Person
from growth.domain.prospects.entities.timeline import Entry


class ProspectViews(Protocol):
    async def get(self, id: ProspectId) -> Person | None: ...

    async def of_email(self, email: Email) -> Person | None:
        """Return the person with this address, be it the first or another one."""
        ...

    async def events(
        self, id: ProspectId, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[ProspectEvent] | None:
        """Return the newest events before that instant and id; None: there is no such person."""
        ...

    async def timeline(
        self, id: ProspectId, before: tuple[datetime, int, UUID] | None, limit: int
    ) -> Sequence[Entry] | None:
        """Return the newest entries before that instant, kind and id; None: there is no such person."""
        ...
