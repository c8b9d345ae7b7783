"""One user takes the place of another in the programme: merging duplicates, reassigning."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.business_rules.moving import Fate
from growth.domain.referrals.entities.referrals import BothReferred, WouldCircle
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.replacing import Replacing


@dataclass(frozen=True, slots=True)
class MergeReferralProfiles:
    """Give everything of a duplicated user to the one who exists; what would be a circle is deleted.

    Returns the log; an empty one for an unknown duplicate. Raises `SameUser`, `UnknownUser`.
    """

    begin: Begin[ReferralsTx]
    replacing: Replacing

    async def __call__(self, duplicated: UserId, existing: UserId, *, dry_run: bool = False) -> list[str]:
        log: list[str] = []
        async with self.begin() as tx:
            plan = await self.replacing.plan(tx, duplicated, existing)
            if plan is not None:
                log = await self.replacing.carry_out(tx, plan, duplicated, existing)
            if dry_run:
                raise Undo
        return log


@dataclass(frozen=True, slots=True)
class ReassignReferralProfile:
    """Give everything of one user to another, or nothing at all.

    Returns the log; an empty one for an unknown source.
    Raises `SameUser`, `UnknownUser`, `BothReferred`, `WouldCircle`.
    """

    begin: Begin[ReferralsTx]
    replacing: Replacing

    async def __call__(self, source: UserId, target: UserId, *, dry_run: bool = False) -> list[str]:
        log: list[str] = []
        async with self.begin() as tx:
            plan = await self.replacing.plan(tx, source, target)
            fates = {move.fate for move in plan or ()}
            if Fate.SECOND in fates:
                raise BothReferred
            if Fate.CIRCLE in fates:
                raise WouldCircle
            if plan is not None:
                log = await self.replacing.carry_out(tx, plan, source, target)
            if dry_run:
                raise Undo
        return log
