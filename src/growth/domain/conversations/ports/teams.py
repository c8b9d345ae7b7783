"""Who answers people."""

from typing import Protocol

from growth.domain.conversations.entities.teams import InboundTeam
from growth.domain.kernel.country import Country


class InboundTeams(Protocol):
    async def __call__(self, country: Country) -> InboundTeam: ...
