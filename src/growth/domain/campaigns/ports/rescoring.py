"""Stored leads as scoring in bulk reads and writes them."""

from typing import Protocol

from growth.domain.campaigns.entities.rescoring import LeadPage, NewScores
from growth.domain.kernel.ids import ProspectId


class StoredLeads(Protocol):
    async def count(self) -> int: ...

    async def page(self, after: ProspectId | None, limit: int) -> LeadPage | None:
        """Return the leads of the people behind `after`: about `limit`; None where there are no more."""
        ...

    async def write(self, scores: NewScores) -> int:
        """Write the scores of leads whose row is the one that was read, in a transaction of its own.

        It waits for nobody: rows that another is changing are left to him. Returns how many were written.
        """
        ...
