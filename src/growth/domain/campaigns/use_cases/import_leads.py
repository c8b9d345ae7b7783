"""Import the leads of a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.importing import BadRow, ImportReport, LeadsFile
from growth.domain.campaigns.entities.leads import Submission
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.taking import Taking
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId

AT_ONCE: Final = 250

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportLeads:
    """Take the good rows of a file, 250 in a transaction, and report every row.

    Broken off half-way, the same file again takes the rest; a third time it changes nothing, and all is `repeated`.
    `progress` is told after each transaction how many good rows of how many are done. A dry run takes the rows by the
    real rules and rolls back.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(
        self, file: LeadsFile, *, dry_run: bool = False, progress: Progress | None = None
    ) -> ImportReport:
        good = [row.submission for row in file.rows if row.submission]
        different = list({submission.id: submission for submission in good}.values())
        taken = 0
        for start in range(0, len(different), AT_ONCE):
            taken += await self._take(different[start : start + AT_ONCE], dry_run)
            if progress:
                progress(min(start + AT_ONCE, len(different)), len(different))
        return ImportReport(
            read=len(file.rows),
            taken=taken,
            repeated=len(good) - taken,
            bad=tuple(BadRow(row.line, row.faults) for row in file.rows if row.faults),
            notes=file.notes,
        )

    async def _take(self, submissions: Sequence[Submission], dry_run: bool) -> int:
        taking = Taking(self.configuration, self.new_id)
        async with self.begin() as tx:
            taken = await taking.take(tx, submissions)
            if dry_run:
                raise Undo
        return taken
