"""Somebody tells what happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.prospects.entities.events import EventNews, Outcome
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.steps.recording import Recording


@dataclass(frozen=True, slots=True)
class RecordEvents:
    """Record events of any people, all in one transaction; return what became of each, in their order."""

    begin: Begin[ProspectsTx]
    record: Recording

    async def __call__(self, told: Sequence[EventNews]) -> list[Outcome]:
        async with self.begin() as tx:
            return await self.record(tx, told)
