"""Who answers people."""

from collections.abc import Collection
from typing import Protocol

from growth.domain.conversations.entities.teams import InboundTeam
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId


class InboundTeams(Protocol):
    def of(self, country: Country) -> InboundTeam: ...

    async def available(self, country: Country) -> Collection[AdminId]:
        """Return who of the members can answer now. It is looked up, and asked of the helpdesk."""
        ...
