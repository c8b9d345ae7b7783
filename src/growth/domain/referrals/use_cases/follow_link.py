"""Somebody follows a referral link."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.referrals.business_rules.codes import parse_code
from growth.domain.referrals.entities.codes import ReferralCode
from growth.domain.referrals.ports.stores import ReferralsTx


@dataclass(frozen=True, slots=True)
class FollowLink:
    """Return the code as it is written when somebody has it, else None; `counted`: a person's visit."""

    begin: Begin[ReferralsTx]

    async def __call__(self, code: str, *, counted: bool) -> ReferralCode | None:
        parsed = parse_code(code)
        if parsed is None:
            return None
        async with self.begin() as tx:
            if await tx.profiles.of_code(parsed) is None:
                return None
            if counted:
                await tx.profiles.count_visit(parsed, (await tx.now()).date())
        return parsed
