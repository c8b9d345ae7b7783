"""Somebody wants to be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass

from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.person import Email
from growth.domain.privacy.entities import Erasure, ErasureId, ErasureReport, ErasureState
from growth.domain.privacy.ports import PrivacyTx
from growth.domain.privacy.steps.erasing import Erasing


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """Erase whoever has the address, in one transaction; vendors are told after it, until each has confirmed.

    A dry run does the same and rolls it back; only the report is kept. Users and what is theirs stay.
    """

    begin: Begin[PrivacyTx]
    erase: Erasing
    new_id: NewId

    async def __call__(self, email: Email, by: str, *, dry_run: bool = True) -> ErasureReport:
        id_ = ErasureId(self.new_id())
        counts = await self._tried(email) if dry_run else {}
        async with self.begin() as tx:
            if not dry_run:
                return await self.erase(tx, email, id_, by)
            now = await tx.now()
            erasure = Erasure(id_, True, ErasureState.REPORTED, by, counts, None, None, now, now)
            await tx.erasures.add(erasure, ())
            return ErasureReport(erasure, {})

    async def _tried(self, email: Email) -> Mapping[str, int]:
        counts: Mapping[str, int] = {}
        async with self.begin() as tx:
            counts = (await self.erase.remove(tx, email, await tx.now())).counts
            raise Undo
        return counts
