"""Import the leads of a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.consents import BadConsent
from growth.domain.campaigns.entities.importing import BadRow, ImportReport, LeadsFile
from growth.domain.campaigns.entities.leads import Submission, SubmissionId
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.taking import Taken, Taking
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.ids import NewId

AT_ONCE: Final = 250

_ERASED: Final = Fault(
    "/email",
    "erased",
    "Leave this person out: she asked to be forgotten, and only an act of her own brings her back.",
)
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
        taken, refused = 0, dict[SubmissionId, Fault]()
        for start in range(0, len(different), AT_ONCE):
            part = await self._take(different[start : start + AT_ONCE], dry_run)
            taken += part.new
            refused |= dict.fromkeys(part.refused, _ERASED) | {id_: _of_row(it) for id_, it in part.unfit.items()}
            if progress:
                progress(min(start + AT_ONCE, len(different)), len(different))
        return ImportReport(
            read=len(file.rows),
            taken=taken,
            repeated=sum(it.id not in refused for it in good) - taken,
            bad=tuple(_bad_rows(file, refused)),
            notes=file.notes,
        )

    async def _take(self, submissions: Sequence[Submission], dry_run: bool) -> Taken:
        taking = Taking(self.configuration, self.new_id)
        async with self.begin() as tx:
            taken = await taking.take(tx, submissions)
            if dry_run:
                raise Undo
        return taken


def _of_row(wrong: BadConsent) -> Fault:
    (fault,) = wrong.faults
    return replace(fault, pointer=fault.pointer.removeprefix("/").replace("/", "_"))


def _bad_rows(file: LeadsFile, refused: Mapping[SubmissionId, Fault]) -> Iterator[BadRow]:
    for row in file.rows:
        if row.faults:
            yield BadRow(row.line, row.faults)
        elif row.submission and row.submission.id in refused:
            yield BadRow(row.line, (refused[row.submission.id],))
