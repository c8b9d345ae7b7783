"""What attribution reads."""

from collections.abc import Sequence
from typing import Protocol

from growth.domain.kernel.ids import ProspectId
from growth.domain.prospects.entities.attribution import TouchEvent


class AttributionViews(Protocol):
    async def touch_events(self, id: ProspectId) -> Sequence[TouchEvent] | None:
        """Return a person's captures, and what has marketing parameters, oldest first; None: nobody has this id."""
        ...
