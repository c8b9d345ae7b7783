"""Score all stored leads anew: the rules have changed, or the live model, or days have gone by."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from growth.domain.campaigns.business_rules.bulk_scoring import new_scores
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.rescoring import LeadPage, Rescored
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.ports.rescoring import StoredLeads

_PAGE = 20_000


@dataclass(frozen=True, slots=True)
class RescoreLeads:
    """Give every stored lead the score that it has now, by which lists are ordered.

    A page of leads is read by one statement, scored, and written by another, which holds its locks for that one page
    and waits for none. A row that was changed since it was read is left alone: whoever changed it has scored it. So it
    may run beside everything else, be interrupted, and be repeated; the second time finds nothing to write.

    Only the scores are written. Explanations would cost more than all the rest, and are asked for one by one:
    `ExplainScore` makes the one that is wanted. Starts of campaigns need neither, they score their candidates anew.
    """

    stored: StoredLeads
    models: ModelViews
    configuration: Configuration

    async def __call__(
        self, *, dry_run: bool = False, progress: Callable[[int, int], None] | None = None, limit: int = _PAGE
    ) -> Rescored:
        total, done = await self.stored.count(), Rescored()
        page = await self.stored.page(None, limit)
        while page:
            # The next page is on its way while this one is written.
            done, page = await asyncio.gather(self._one(page, done, dry_run=dry_run), self._next(page, limit))
            if progress:
                progress(done.read, max(total, done.read))
        return done

    async def _next(self, page: LeadPage, limit: int) -> LeadPage | None:
        return await self.stored.page(page.until, limit)

    async def _one(self, page: LeadPage, done: Rescored, *, dry_run: bool) -> Rescored:
        scoring = replace(self.configuration, models=await self.models.in_use())
        found = new_scores(page, scoring)
        wanted = len(found.scores)
        written = wanted if dry_run or not wanted else await self.stored.write(found)
        return Rescored(done.read + len(page.ids), done.changed + written, done.left + wanted - written)
