"""Take a do-not-call list from a file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from growth.domain.campaigns.business_rules.listing import dialled
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.do_not_call import BadNumbersFile, CallList, ListReport, NumberLine
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.replanning import plan_forgotten
from growth.domain.campaigns.steps.taking_back import take_back
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId

LINES_AT_ONCE: Final = 10_000
_MOST_BAD_LINES: Final = 100
Progress = Callable[[ListReport], None]
Lines = Callable[[], Iterable[NumberLine]]  # of a file: each call reads it from its beginning


@dataclass(frozen=True, slots=True)
class ImportDoNotCall:
    """List the numbers of a file, 10,000 lines in a transaction; bad lines are counted, and the first ones named.

    `replaces`: the file is the whole list, and what is not in it comes off, at the end, so that the list is never
    shorter than both. Leads of numbers that came off are planned then. Broken off half-way, the same file again does
    the rest. A dry run does all in one transaction and rolls it back. `progress` is told after every part.
    Raises `BadNumbersFile` when the file should be the whole list and nothing in it is a number; or, before anything
    is written, when it has fewer than half of the numbers that are on the list, unless `shrinks` says that it may.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(
        self,
        which: CallList,
        lines: Lines,
        *,
        replaces: bool = False,
        shrinks: bool = False,
        dry_run: bool = False,
        progress: Progress = lambda _: None,
    ) -> ListReport:
        if replaces and not shrinks:
            await self._check_staying(which, lines)
        if dry_run:
            return await self._tried(which, lines, progress, replaces=replaces)
        report, since = ListReport(), None
        for part in _parts(lines()):
            async with self.begin() as tx:
                now = await tx.now()
                report = await _taken(tx, which, part, now, report)
                leads = await tx.leads.lock_of_numbers([it for it in _numbers(which, part) if it])
                await take_back(tx, leads, self.configuration, now, self.new_id)
            since = since or now
            progress(report)
        if replaces:
            async with self.begin() as tx:
                report = await _replaced(tx, which, since, report)
            await self._replan()
        return report

    async def _check_staying(self, which: CallList, lines: Lines) -> None:
        """Raise unless half of the list is in the file: one that was cut off would free whom nobody may call.

        It is read no further than that takes. One without any number is left to what refuses it anyway.
        """
        async with self.begin() as tx:
            present = await tx.do_not_call.count(which)
        staying: set[str] = set()
        any_number = False
        for part in _parts(lines()):
            if 2 * len(staying) >= present:
                return
            numbers = {number for number in _numbers(which, part) if number}
            any_number = any_number or bool(numbers)
            async with self.begin() as tx:
                staying |= await tx.do_not_call.listed(which, numbers)
        if any_number and 2 * len(staying) < present:
            raise _shrinking(which, present, len(staying))

    async def _tried(self, which: CallList, lines: Lines, progress: Progress, *, replaces: bool) -> ListReport:
        report = ListReport()
        async with self.begin() as tx:
            now = await tx.now()
            for part in _parts(lines()):
                report = await _taken(tx, which, part, now, report)
                progress(report)
            if replaces:
                report = await _replaced(tx, which, now, report)
            raise Undo
        return report

    async def _replan(self) -> None:
        """Plan calls for leads that have none, whatever has kept them from it: their numbers are not known here."""
        after = None
        while True:
            async with self.begin() as tx:
                _, after = await plan_forgotten(tx, after, self.configuration, await tx.now(), self.new_id)
            if after is None:
                return


def _parts(lines: Iterable[NumberLine]) -> Iterator[list[NumberLine]]:
    rest = iter(lines)
    while part := list(islice(rest, LINES_AT_ONCE)):
        yield part


def _numbers(which: CallList, part: Sequence[NumberLine]) -> list[str | None]:
    return dialled([it.text for it in part], which.country_code)


async def _taken(
    tx: CampaignsTx, which: CallList, part: Sequence[NumberLine], now: datetime, report: ListReport
) -> ListReport:
    numbers = _numbers(which, part)
    good = [number for number in numbers if number]
    bad = [it.line for it, number in zip(part, numbers, strict=True) if number is None]
    listed = await tx.do_not_call.put(which, good, now)
    return replace(
        report,
        read=report.read + len(part),
        listed=report.listed + listed,
        known=report.known + len(good) - listed,
        bad=report.bad + len(bad),
        bad_lines=(*report.bad_lines, *bad)[:_MOST_BAD_LINES],
    )


async def _replaced(tx: CampaignsTx, which: CallList, since: datetime | None, report: ListReport) -> ListReport:
    if since is None or not report.listed + report.known:
        raise BadNumbersFile(
            f"No line of the file is a number in {which.country_code}: the list stays as it is. Check the country, "
            "and name the column that has the numbers."
        )
    return replace(report, removed=await tx.do_not_call.remove_unconfirmed(which, since))


def _shrinking(which: CallList, present: int, staying: int) -> BadNumbersFile:
    return BadNumbersFile(
        f"The file has {staying:,} of the {present:,} numbers now on {which.name} ({which.country_code}), so "
        f"{present - staying:,} would come off: the list stays as it is. Check that the file is whole and the right "
        "one; if it is, add --yes-shrink."
    )
